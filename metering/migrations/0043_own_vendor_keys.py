"""A tenant may keep vendors' keys of its own where its plan contains that."""

from django.db import migrations


def add(apps, schema_editor):
    feature = apps.get_model("metering", "Feature")
    feature.objects.get_or_create(code="OWN_KEYS", defaults={"name": "Own vendor keys"})


class Migration(migrations.Migration):

    dependencies = [
        ("metering", "0042_who_sets_limits"),
    ]

    operations = [
        migrations.RunPython(add, migrations.RunPython.noop),
    ]

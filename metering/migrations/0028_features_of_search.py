"""The sources of a prior-art search are features of their own, so that plans can open one of them alone."""

from django.db import migrations

FEATURES = [("ACADEMIC_SEARCH", "Academic search"), ("PATENT_DATABASES", "Patent databases")]


def add(apps, schema_editor):
    feature = apps.get_model("metering", "Feature")
    feature.objects.bulk_create(
        [feature(code=code, name=name) for code, name in FEATURES], ignore_conflicts=True
    )


class Migration(migrations.Migration):

    dependencies = [
        ("metering", "0027_expectations_of_a_batch"),
    ]

    operations = [
        migrations.RunPython(add, migrations.RunPython.noop),
    ]

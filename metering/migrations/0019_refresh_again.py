from django.db import migrations, models

from metering.migrations._triggers import tell_changes

BEFORE = tell_changes(
    "metering_loginsession",
    tenant="tenant_id",
    unread=("refresh_id", "refreshed_at"),
    events="UPDATE OR DELETE",
)


class Migration(migrations.Migration):
    """The trigger is made anew, because a refreshed session is as good as it was and is not told."""

    dependencies = [
        ('metering', '0018_token_given'),
    ]

    operations = [
        migrations.AddField(
            model_name='loginsession',
            name='previous_refresh_id',
            field=models.UUIDField(editable=False, help_text='The one before it.', null=True),
        ),
        migrations.RunSQL(sql=BEFORE.reverse_sql, reverse_sql=BEFORE.sql),
        tell_changes(
            "metering_loginsession",
            tenant="tenant_id",
            unread=("refresh_id", "previous_refresh_id", "refreshed_at"),
            events="UPDATE OR DELETE",
        ),
    ]

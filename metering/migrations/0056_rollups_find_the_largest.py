"""Rollups by which the largest conversations, people and tags are found without adding all up. So no unit that there is
is good; the job that adds up makes all of them again, from today backwards, and until then reports read the log.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('metering', '0055_rollups_tell_tags_and_conversations'),
    ]

    operations = [
        migrations.AddField(
            model_name='usagerollup',
            name='alone',
            field=models.BooleanField(db_default=False, help_text='Of conversations: this unit has all of it (metering/rollups/alone.py).'),
        ),
        migrations.AddIndex(
            model_name='usagerollup',
            index=models.Index(condition=models.Q(('level', 6)), fields=['zone', 'starts_at', 'alone', '-cost_nano_usd'], name='rollup_largest'),
        ),
        migrations.AddIndex(
            model_name='usagerollup',
            index=models.Index(condition=models.Q(('level', 6)), fields=['tenant_id', 'zone', 'starts_at', 'alone', '-cost_nano_usd'], name='rollup_tenant_largest'),
        ),
        migrations.RunSQL("DELETE FROM metering_rolledunit", migrations.RunSQL.noop),
    ]

"""Rollups tell more apart: tags without people, and conversations by the quarter of an hour. So no unit that there is is
good; the job that adds up makes all of them again, from today backwards, and until then reports read the log.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("metering", "0054_invited_by_a_command")]

    operations = [
        migrations.AddIndex(
            model_name="usagerollup",
            index=models.Index(
                condition=models.Q(("conversation_id__isnull", False)),
                fields=["conversation_id", "starts_at"],
                name="rollup_conversation",
            ),
        ),
        migrations.RunSQL("DELETE FROM metering_rolledunit", migrations.RunSQL.noop),
    ]

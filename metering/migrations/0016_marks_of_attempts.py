from django.db import migrations, models


class Migration(migrations.Migration):
    """The new columns have defaults, so that their partitions are not rewritten; the check reads them once."""

    dependencies = [
        ('metering', '0015_traits'),
    ]

    operations = [
        migrations.AddField(
            model_name='usagelog',
            name='partly_priced',
            field=models.BooleanField(db_default=False, help_text='The vendor charges for something that our price does not know.'),
        ),
        migrations.AddField(
            model_name='usagelog',
            name='service_tier',
            field=models.CharField(blank=True, db_default='', help_text='As the vendor says that it served.', max_length=32),
        ),
        migrations.AddField(
            model_name='usagelog',
            name='estimate_reason',
            field=models.CharField(blank=True, choices=[('', ''), ('missing', 'missing'), ('contradictory', 'contradictory'), ('cut', 'cut'), ('unanswered', 'unanswered'), ('impossible', 'impossible')], db_default='', help_text='Why it is estimated.', max_length=16),
        ),
        migrations.AddField(
            model_name='usagelog',
            name='reported',
            field=models.CharField(blank=True, db_default='', help_text='What the vendor reported, where it was not believed.', max_length=1000),
        ),
        migrations.AlterField(
            model_name='usagelog',
            name='estimated',
            field=models.BooleanField(help_text='The figures are not simply those that the vendor reported.'),
        ),
        migrations.AddConstraint(
            model_name='usagelog',
            constraint=models.CheckConstraint(condition=models.Q(('estimate_reason', ''), models.Q(('estimate_reason__in', ['missing', 'contradictory', 'cut', 'unanswered', 'impossible']), ('estimated', True)), _connector='OR'), name='usagelog_estimate_reason'),
        ),
    ]

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('metering', '0051_statements'),
    ]

    operations = [
        migrations.CreateModel(
            name='ExportPosition',
            fields=[
                ('target', models.CharField(max_length=16, primary_key=True, serialize=False)),
                ('recorded_at', models.DateTimeField(help_text='What was recorded until then is exported.')),
                ('entry_id', models.UUIDField()),
                ('batches', models.BigIntegerField(default=0, help_text='How many were taken.')),
                ('pending_recorded_at', models.DateTimeField(null=True)),
                ('pending_entry_id', models.UUIDField(null=True)),
                ('pending_taken', models.IntegerField(default=0, help_text='How many of their rows are dealt with.')),
                ('pending_since', models.DateTimeField(help_text='When what follows these was first sent; empty: it surely did not arrive.', null=True)),
                ('rows', models.BigIntegerField(default=0)),
                ('sent_nano_usd', models.BigIntegerField(default=0)),
                ('left_out_rows', models.BigIntegerField(default=0, help_text='Which the target does not take: of a tenant that it does not know, or of no cost.')),
                ('left_out_nano_usd', models.BigIntegerField(default=0)),
                ('begun_at', models.DateTimeField()),
                ('exported_at', models.DateTimeField(help_text='When rows were last taken.', null=True)),
                ('failures', models.IntegerField(default=0, help_text='In a row.')),
                ('last_error', models.CharField(blank=True, max_length=500)),
                ('retry_at', models.DateTimeField(help_text='Not before then, after a failure.', null=True)),
            ],
            options={
                'ordering': ['target'],
            },
        ),
        migrations.AddIndex(
            model_name='ledgerentry',
            index=django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=['recorded_at'], name='entry_recorded'),
        ),
        migrations.AddConstraint(
            model_name='exportposition',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('pending_entry_id', None), ('pending_recorded_at', None), ('pending_since', None), ('pending_taken', 0)), models.Q(('pending_entry_id__isnull', False), ('pending_recorded_at__isnull', False)), _connector='OR'), name='export_pending_whole', violation_error_message='What is on its way has a last entry.'),
        ),
    ]

"""What vendors said of each day, what was answered in each hour, and how much of a cost was estimated. No unit of
rollups tells the last, so that none that there is is good; the job that adds up makes all of them again, from today
backwards, and until then reports read the log.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('metering', '0057_call_content'),
    ]

    operations = [
        migrations.CreateModel(
            name='ServedHour',
            fields=[
                ('hour', models.DateTimeField(primary_key=True, serialize=False)),
                ('answered', models.BigIntegerField(default=0, help_text='Requests of the routes that are metered.')),
                ('failed', models.BigIntegerField(default=0, help_text='Of these, those at which the gateway itself failed.')),
                ('vendor_failed', models.BigIntegerField(default=0, help_text='Of these, those at which vendors failed.')),
            ],
            options={
                'ordering': ['-hour'],
            },
        ),
        migrations.AddField(
            model_name='usagerollup',
            name='estimated_nano_usd',
            field=models.BigIntegerField(db_default=0, help_text="Of the cost, that of attempts whose figures are not simply the vendor's."),
        ),
        migrations.CreateModel(
            name='ReconciledDay',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('provider_name', models.CharField(max_length=64)),
                ('day', models.DateField(help_text="The vendor's day.")),
                ('model', models.CharField(blank=True, help_text='As the vendor calls it; empty: all.', max_length=200)),
                ('is_known', models.BooleanField(help_text='The catalog or the ledger knows the model.')),
                ('vendor_nano_usd', models.BigIntegerField()),
                ('has_cost', models.BooleanField(help_text='The vendor told a cost; else its tokens at our prices.')),
                ('metered_nano_usd', models.BigIntegerField()),
                ('own_difference_nano_usd', models.BigIntegerField(help_text="The vendor's less ours, but for calls that are not the gateway's or of another day.")),
                ('booked_nano_usd', models.BigIntegerField()),
                ('vendor_requests', models.BigIntegerField(null=True)),
                ('metered_requests', models.BigIntegerField()),
                ('vendor_input_tokens', models.BigIntegerField(null=True)),
                ('vendor_output_tokens', models.BigIntegerField(null=True)),
                ('metered_input_tokens', models.BigIntegerField()),
                ('metered_output_tokens', models.BigIntegerField()),
                ('causes', models.JSONField(default=dict, help_text='Nano-USD by cause.')),
                ('compared_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-day', 'provider_name', 'model'],
                'constraints': [models.UniqueConstraint(fields=('provider_name', 'day', 'model'), name='reconciled_day_once', violation_error_message='The day has been compared already.')],
            },
        ),
        migrations.RunSQL("DELETE FROM metering_rolledunit", migrations.RunSQL.noop),
    ]

"""Usage added up anew: the rows of the old sums are all in the usage log, from which the new ones are made.

The job that adds up fills them from today backwards; until then reports read the log.
"""

import django.contrib.postgres.fields
import metering.types
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("metering", "0037_tags")]

    operations = [
        migrations.DeleteModel(name="UsageRollup"),
        migrations.CreateModel(
            name='RolledUnit',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('zone', models.CharField(blank=True, max_length=64)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['zone', 'starts_at'],
            },
        ),
        migrations.CreateModel(
            name='RolledZone',
            fields=[
                ('tenant_id', models.UUIDField(primary_key=True, serialize=False)),
                ('zone', models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name='RollupProgress',
            fields=[
                ('id', models.SmallIntegerField(primary_key=True, serialize=False)),
                ('seen_until', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='UsageRollup',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('zone', models.CharField(blank=True, help_text='Of the day; empty: a quarter of an hour.', max_length=64)),
                ('level', models.SmallIntegerField(help_text='How much is told apart (metering/rollups/levels.py).')),
                ('starts_at', models.DateTimeField()),
                ('tenant_id', models.UUIDField()),
                ('task', models.CharField(max_length=32)),
                ('request_model', models.CharField(max_length=128)),
                ('model_class', models.CharField(max_length=16)),
                ('provider_name', models.CharField(max_length=64)),
                ('team_id', models.UUIDField(null=True)),
                ('user_id', models.UUIDField(null=True)),
                ('token_id', models.UUIDField(null=True)),
                ('agent_id', models.CharField(max_length=128, null=True)),
                ('microdao_id', models.CharField(max_length=128, null=True)),
                ('channel_id', models.CharField(max_length=128, null=True)),
                ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), db_default=[], default=list, size=None)),
                ('conversation_id', models.CharField(max_length=128, null=True)),
                ('requests', models.BigIntegerField(default=0)),
                ('model_requests', models.BigIntegerField(default=0)),
                ('provider_requests', models.BigIntegerField(default=0)),
                ('pair_requests', models.BigIntegerField(default=0)),
                ('attempts', models.BigIntegerField(default=0)),
                ('corrections', models.BigIntegerField(default=0)),
                ('answered', models.BigIntegerField(default=0)),
                ('failed', models.BigIntegerField(default=0)),
                ('cached', models.BigIntegerField(default=0)),
                ('estimated', models.BigIntegerField(default=0)),
                ('provisional', models.BigIntegerField(default=0)),
                ('partly_priced', models.BigIntegerField(default=0)),
                ('own_key', models.BigIntegerField(default=0)),
                ('cost_nano_usd', models.BigIntegerField(default=0)),
                ('saved_nano_usd', models.BigIntegerField(default=0)),
                ('input_tokens', models.BigIntegerField(default=0)),
                ('output_tokens', models.BigIntegerField(default=0)),
                ('cached_input_tokens', models.BigIntegerField(default=0)),
                ('cache_write_tokens', models.BigIntegerField(default=0)),
                ('reasoning_tokens', models.BigIntegerField(default=0)),
                ('api_calls', models.BigIntegerField(default=0)),
                ('files', models.BigIntegerField(default=0)),
                ('latencies', models.DecimalField(decimal_places=0, default=0, help_text='Counts by bucket (metering/rollups/latencies.py).', max_digits=600)),
            ],
            options={
                'ordering': ['-starts_at'],
            },
        ),
        migrations.AddIndex(
            model_name='ledgerentry',
            index=models.Index(condition=models.Q(('kind', metering.types.EntryKind['ADJUST'])), fields=['recorded_at'], name='entry_corrected_at'),
        ),
        migrations.AddConstraint(
            model_name='rolledunit',
            constraint=models.UniqueConstraint(fields=('zone', 'starts_at'), name='rolled_unit_once'),
        ),
        migrations.AddConstraint(
            model_name='rollupprogress',
            constraint=models.CheckConstraint(condition=models.Q(('id', 1)), name='rollup_progress_once', violation_error_message='There is one row of progress.'),
        ),
        migrations.AddIndex(
            model_name='usagerollup',
            index=models.Index(fields=['zone', 'level', 'starts_at'], name='rollup_unit'),
        ),
        migrations.AddIndex(
            model_name='usagerollup',
            index=models.Index(fields=['tenant_id', 'zone', 'level', 'starts_at'], name='rollup_tenant_unit'),
        ),
    ]

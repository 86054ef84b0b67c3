"""The usage log and the ledger entries, partitioned by month; storage settings of the hot tables."""

from datetime import UTC, datetime

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

from metering.ledger.partitions import create_statements, months_wanted

USAGE_LOG = """
CREATE TABLE metering_usagelog (
    id uuid NOT NULL PRIMARY KEY,
    reservation_id uuid NOT NULL,
    attempt smallint NOT NULL,
    tenant_id uuid NOT NULL,
    team_id uuid,
    user_id uuid,
    token_id uuid,
    task varchar(32) NOT NULL,
    request_id varchar(128) NOT NULL,
    request_model varchar(128) NOT NULL,
    response_model varchar(128) NOT NULL,
    model_class varchar(16) NOT NULL,
    provider_name varchar(64) NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    cached_input_tokens bigint NOT NULL,
    cache_write_tokens bigint NOT NULL,
    reasoning_tokens bigint NOT NULL,
    api_calls bigint NOT NULL,
    files bigint NOT NULL,
    steps bigint NOT NULL,
    cost_nano_usd bigint NOT NULL,
    latency_ms integer NOT NULL,
    outcome varchar(12) NOT NULL,
    estimated boolean NOT NULL,
    started_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    agent_id varchar(128),
    microdao_id varchar(128),
    channel_id varchar(128),
    conversation_id varchar(128),
    trace_id varchar(128),
    CONSTRAINT usagelog_not_negative CHECK (
        input_tokens >= 0 AND output_tokens >= 0 AND cost_nano_usd >= 0 AND api_calls >= 0 AND files >= 0)
) PARTITION BY RANGE (id);
CREATE INDEX usagelog_tenant_id ON metering_usagelog (tenant_id, id);
CREATE INDEX usagelog_recorded ON metering_usagelog USING brin (recorded_at) WITH (autosummarize = on);
"""

LEDGER_ENTRY = """
CREATE TABLE metering_ledgerentry (
    id uuid NOT NULL PRIMARY KEY,
    reservation_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    kind smallint NOT NULL,
    recorded_at timestamptz NOT NULL,
    meter_ids bigint[] NOT NULL,
    charges bigint[] NOT NULL,
    requests bigint NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    cost_nano_usd bigint NOT NULL,
    api_calls bigint NOT NULL,
    files bigint NOT NULL,
    steps bigint NOT NULL,
    reason varchar(500),
    CONSTRAINT entry_kind CHECK (kind BETWEEN 1 AND 5),
    CONSTRAINT entry_lines_parallel CHECK (cardinality(meter_ids) = cardinality(charges))
) PARTITION BY RANGE (id);
"""

STORAGE = """
ALTER TABLE metering_usagemeter SET (fillfactor = 30, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE metering_usagereservation SET (autovacuum_vacuum_scale_factor = 0.05);
"""
"""Meters are updated in place all the time: free space on their pages keeps the updates HOT."""


def create_partitions(apps, schema_editor):
    for month in months_wanted(datetime.now(UTC)):
        for statement in create_statements(month):
            schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("metering", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(LEDGER_ENTRY, "DROP TABLE metering_ledgerentry"),
                migrations.RunSQL(USAGE_LOG, "DROP TABLE metering_usagelog"),
            ],
            state_operations=[
                migrations.CreateModel(
                    name='LedgerEntry',
                    fields=[
                        ('id', models.UUIDField(primary_key=True, serialize=False)),
                        ('reservation_id', models.UUIDField()),
                        ('tenant_id', models.UUIDField()),
                        ('kind', models.SmallIntegerField(choices=[(1, 'SETTLE'), (2, 'RELEASE'), (3, 'EXPIRE'), (4, 'TRUE_UP'), (5, 'ADJUST')])),
                        ('recorded_at', models.DateTimeField()),
                        ('meter_ids', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                        ('charges', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                        ('requests', models.BigIntegerField()),
                        ('input_tokens', models.BigIntegerField()),
                        ('output_tokens', models.BigIntegerField()),
                        ('cost_nano_usd', models.BigIntegerField()),
                        ('api_calls', models.BigIntegerField()),
                        ('files', models.BigIntegerField()),
                        ('steps', models.BigIntegerField()),
                        ('reason', models.CharField(max_length=500, null=True)),
                    ],
                    options={
                        'verbose_name_plural': 'ledger entries',
                        'ordering': ['-id'],
                    },
                ),
                migrations.CreateModel(
                    name='UsageLog',
                    fields=[
                        ('id', models.UUIDField(primary_key=True, serialize=False)),
                        ('reservation_id', models.UUIDField()),
                        ('attempt', models.SmallIntegerField()),
                        ('tenant_id', models.UUIDField()),
                        ('team_id', models.UUIDField(null=True)),
                        ('user_id', models.UUIDField(null=True)),
                        ('token_id', models.UUIDField(null=True)),
                        ('task', models.CharField(max_length=32)),
                        ('request_id', models.CharField(max_length=128)),
                        ('request_model', models.CharField(max_length=128)),
                        ('response_model', models.CharField(max_length=128)),
                        ('model_class', models.CharField(max_length=16)),
                        ('provider_name', models.CharField(max_length=64)),
                        ('input_tokens', models.BigIntegerField()),
                        ('output_tokens', models.BigIntegerField()),
                        ('cached_input_tokens', models.BigIntegerField()),
                        ('cache_write_tokens', models.BigIntegerField()),
                        ('reasoning_tokens', models.BigIntegerField()),
                        ('api_calls', models.BigIntegerField()),
                        ('files', models.BigIntegerField()),
                        ('steps', models.BigIntegerField()),
                        ('cost_nano_usd', models.BigIntegerField()),
                        ('latency_ms', models.IntegerField()),
                        ('outcome', models.CharField(choices=[('ok', 'ok'), ('error', 'error'), ('timeout', 'timeout'), ('cut', 'cut'), ('cancelled', 'cancelled'), ('provisional', 'provisional')], max_length=12)),
                        ('estimated', models.BooleanField(help_text='Counted by us: the vendor reported no usage.')),
                        ('started_at', models.DateTimeField()),
                        ('recorded_at', models.DateTimeField()),
                        ('agent_id', models.CharField(max_length=128, null=True)),
                        ('microdao_id', models.CharField(max_length=128, null=True)),
                        ('channel_id', models.CharField(max_length=128, null=True)),
                        ('conversation_id', models.CharField(max_length=128, null=True)),
                        ('trace_id', models.CharField(max_length=128, null=True)),
                    ],
                    options={
                        'ordering': ['-id'],
                        'indexes': [models.Index(fields=['tenant_id', 'id'], name='usagelog_tenant_id'), django.contrib.postgres.indexes.BrinIndex(fields=['recorded_at'], name='usagelog_recorded')],
                    },
                ),
            ],
        ),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
        migrations.RunPython(create_partitions, migrations.RunPython.noop),
    ]

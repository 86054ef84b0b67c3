"""Switch off rules of keys that nothing reads, and providers of kinds without a client; each is named in the log.

Both did nothing: the rules changed no call, and the providers failed every call.
"""

import logging

from django.db import migrations

logger = logging.getLogger("metering.migrations")
KEYS = (
    "agent_max_steps", "cache_ttl_s", "diagram_files_per_req", "log_content", "max_api_calls", "on_metering_failure",
    "retrieval_top_k",
)
KINDS = ("anthropic", "gemini")


def switch_off(apps, schema_editor):
    rules = apps.get_model("metering", "PolicyRule").objects.filter(key__in=KEYS, is_active=True)
    for rule in rules.order_by("pk"):
        logger.warning(
            "policy.rule_switched_off",
            extra={
                "rule": str(rule.pk), "scope": rule.scope, "scope_id": rule.scope_id,
                "tenant_id": rule.tenant_id and str(rule.tenant_id), "task": rule.task_id,
                "key": rule.key, "value": rule.value, "problem": "Nothing in this version reads the key.",
            },
        )
    rules.update(is_active=False)
    providers = apps.get_model("metering", "Provider").objects.filter(kind__in=KINDS, is_active=True)
    for provider in providers.order_by("pk"):
        logger.warning(
            "provider.switched_off",
            extra={
                "provider": provider.pk, "provider_kind": provider.kind,
                "problem": "This version has no client for its kind.",
            },
        )
    providers.update(is_active=False)


class Migration(migrations.Migration):

    dependencies = [
        ('metering', '0023_requests_of_decisions'),
    ]

    operations = [
        migrations.RunPython(switch_off, migrations.RunPython.noop),
    ]

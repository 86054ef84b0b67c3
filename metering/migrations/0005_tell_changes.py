from django.db import migrations

from metering.migrations._triggers import FUNCTION, tell_changes


class Migration(migrations.Migration):
    """Everything that identity, catalog and policy read tells of its changes."""

    dependencies = [("metering", "0004_meter_key_has_tenant")]

    operations = [
        FUNCTION,
        tell_changes("metering_tenant", tenant="id"),
        tell_changes("metering_team", tenant="tenant_id"),
        tell_changes("metering_user", tenant="tenant_id", unread=("last_login",)),
        tell_changes("metering_membership"),
        tell_changes("metering_atitoken", tenant="tenant_id", unread=("last_used_at", "signups_used")),
        tell_changes("metering_plan"),
        tell_changes("metering_feature"),
        tell_changes("metering_task"),
        tell_changes("metering_modelclass"),
        tell_changes("metering_planfeature"),
        tell_changes("metering_planllmaccess"),
        tell_changes("metering_planllmaccess_allowed_classes"),
        tell_changes("metering_provider"),
        tell_changes("metering_llmmodel"),
        tell_changes("metering_modelprice"),
        tell_changes("metering_policyrule", tenant="tenant_id"),
        tell_changes("metering_budget", tenant="tenant_id"),
    ]

"""Every row of a tenant, to see whether one has changed.

The database puts it together, in one question whose parts it has planned once: the matrix asks a thousand times.
"""

from weakref import WeakSet

from django.db import connection

from metering.models import (
    ATIToken,
    BillingProfile,
    Budget,
    BudgetOverride,
    Invitation,
    LedgerEntry,
    Membership,
    Notification,
    PolicyRule,
    ProviderKey,
    QuotaAlert,
    QuotaRequest,
    SavedView,
    Statement,
    TaskDraft,
    TaskJob,
    Team,
    Tenant,
    UsageLog,
    UsageMeter,
    UsageReservation,
    UsageRollup,
    User,
    VendorAlert,
    WebhookEndpoint,
)

BOOKS = (UsageLog, UsageReservation, LedgerEntry, UsageMeter, UsageRollup)
NOUNS = (
    ATIToken,
    Team,
    User,
    PolicyRule,
    Budget,
    BudgetOverride,
    QuotaRequest,
    ProviderKey,
    QuotaAlert,
    VendorAlert,
    WebhookEndpoint,
    TaskJob,
    TaskDraft,
    Invitation,
    BillingProfile,
    Statement,
    *BOOKS,
)
"""Whose rows name their tenant."""
PEOPLE = f"SELECT id FROM {User._meta.db_table} WHERE tenant_id = $1"
TEAMS = f"SELECT id FROM {Team._meta.db_table} WHERE tenant_id = $1"
CONDITIONS = {
    **dict.fromkeys(NOUNS, "tenant_id = $1"),
    Membership: f"team_id IN ({TEAMS})",
    SavedView: f"user_id IN ({PEOPLE})",
    Notification: f"user_id IN ({PEOPLE})",
    Tenant: "id = $1",
}
ROWS = "RETURN QUERY SELECT to_jsonb(it) - 'last_used_at' FROM {} AS it WHERE {}"
MAKE = """
CREATE OR REPLACE FUNCTION pg_temp.image(uuid) RETURNS SETOF jsonb LANGUAGE plpgsql AS $$ BEGIN {}; END $$
"""
LOOK = "SELECT array_agg(words ORDER BY words) FROM (SELECT row::text FROM pg_temp.image(%s) AS row) AS found (words)"

_prepared: WeakSet[object] = WeakSet()
"""Connections that have been told what an image is."""


def prepare_images() -> None:
    """For `image_of`, through this connection and in this transaction."""
    rows = "; ".join(ROWS.format(noun._meta.db_table, those) for noun, those in CONDITIONS.items())
    with connection.cursor() as cursor:
        cursor.execute(MAKE.format(rows))
        _prepared.add(connection.connection)


def image_of(tenant: Tenant) -> list[str]:
    """All but when its credentials were used last."""
    if (
        connection.connection not in _prepared
    ):  # what is streamed from a thread ends with its connections closed
        prepare_images()
    with connection.cursor() as cursor:
        cursor.execute(LOOK, (tenant.pk,))
        found: list[str] = cursor.fetchone()[0]
    return found

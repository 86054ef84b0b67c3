"""Tell operators of vendors that report impossible usage: once for each vendor, model and day, however many calls.

Each call is counted once. Its row can be seen only once its transaction has ended, and rows of other transactions that
were recorded later may be seen before it. So a look goes only as far as rows that are settled: older than any
transaction of the ledger that may still be running. The next look begins after the last row that was counted.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from metering.models import VendorAlert

BATCH = 1_000
"""Calls of one transaction, and those recorded in the same microsecond."""
MAX_BATCHES = 100
"""Of one run; the next one goes on."""
MAX_MODELS = 20
"""Of one vendor on one day. Vendors name their models as they like: what further ones report is one more alert."""
SETTLED_FOR = timedelta(seconds=30)
LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('metering.vendor_alerts', 0))"
FIND = """
SELECT recorded_at, provider_name, response_model, reservation_id, tenant_id, reported, input_tokens, output_tokens,
    cost_nano_usd
FROM metering_usagelog
WHERE estimate_reason = 'impossible'
    AND recorded_at > (SELECT coalesce(max(last_seen_at), '-infinity') FROM metering_vendoralert)
    AND recorded_at <= least(%(now)s, statement_timestamp()) - %(settled_s)s * interval '1 second'
ORDER BY recorded_at FETCH FIRST %(batch)s ROWS WITH TIES
"""
Key = tuple[str, str, date]
"""Vendor, model and day."""


@dataclass(frozen=True, slots=True)
class ImpossibleUse:
    """An attempt whose reported usage was impossible."""

    recorded_at: datetime
    provider_name: str
    response_model: str
    reservation_id: UUID
    tenant_id: UUID
    reported: str
    input_tokens: int
    output_tokens: int
    cost_nano_usd: int

    @property
    def day(self) -> date:
        return self.recorded_at.astimezone(UTC).date()


def raise_vendor_alerts(*, now: datetime, settled_for: timedelta = SETTLED_FOR) -> int:
    """Count the calls that were recorded since the last look; how many calls that were.

    Any number of workers may do it: while one counts, the others leave it to that one.
    """
    counted = 0
    for _ in range(MAX_BATCHES):
        calls = _count_batch(now, settled_for)
        counted += calls
        if calls < BATCH:
            break
    return counted


@transaction.atomic
def _count_batch(now: datetime, settled_for: timedelta) -> int:
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
        if cursor.fetchone() != (True,):
            return 0
        cursor.execute(FIND, {"now": now, "settled_s": settled_for.total_seconds(), "batch": BATCH})
        calls = [ImpossibleUse(*row) for row in cursor.fetchall()]
    known = _alerts_of({call.day for call in calls})
    for call in calls:
        key = _key_of(call, known)
        alert = known.get(key)
        if alert is None:
            alert = known[key] = _new(key, call, now)
        alert.times_seen += 1
        alert.last_seen_at = call.recorded_at
    VendorAlert.objects.bulk_create(
        known.values(),
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["times_seen", "last_seen_at"],
    )
    return len(calls)


def _alerts_of(days: set[date]) -> dict[Key, VendorAlert]:
    alerts = VendorAlert.objects.filter(kind=VendorAlert.Kind.IMPOSSIBLE_USAGE, day__in=days)
    return {(alert.provider_name, alert.model, alert.day): alert for alert in alerts}


def _key_of(call: ImpossibleUse, known: dict[Key, VendorAlert]) -> Key:
    vendor, day = call.provider_name, call.day
    if (vendor, call.response_model, day) in known:
        return vendor, call.response_model, day
    models = sum(1 for name, _, at in known if (name, at) == (vendor, day))
    return vendor, call.response_model if models < MAX_MODELS else "", day


def _new(key: Key, call: ImpossibleUse, now: datetime) -> VendorAlert:
    vendor, model, day = key
    return VendorAlert(
        provider_name=vendor,
        model=model,
        day=day,
        reservation_id=call.reservation_id,
        tenant_id=call.tenant_id,
        reported=call.reported,
        input_tokens=call.input_tokens,
        output_tokens=call.output_tokens,
        cost_nano_usd=call.cost_nano_usd,
        times_seen=0,
        raised_at=now,
    )

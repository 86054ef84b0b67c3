"""Corruption of attempts, and of what separates tenants."""

from metering.ledger.audit import attempts, tenants
from tests.integration.metering.ledger.plant import ENTRY, HOLD, LOG, METER, Plant

PLANTS = [
    Plant(
        "an attempt grown",
        attempts.SUMS,
        "settled",
        f"{LOG} output_tokens = output_tokens + 1 WHERE id = %(attempt)s",
    ),
    Plant(
        "an attempt gone", attempts.SUMS, "settled", "DELETE FROM metering_usagelog WHERE id = %(attempt)s"
    ),
    Plant(
        "an attempt of nothing",
        attempts.SUMS,
        "stray",
        f"{LOG} reservation_id = %(stray)s WHERE id = %(error)s",
    ),
    Plant(
        "a request that was not counted",
        attempts.SUMS,
        "settled",
        f"{ENTRY} requests = 0, charges[2] = 0, charges[5] = 0 WHERE id = %(settled)s;"
        f"{METER} used = used - 1 WHERE id IN (%(requests)s, %(vendor_calls)s)",
    ),
    Plant("a bound grown", attempts.BOUND, "expired", f"{HOLD} output_tokens = 11 WHERE id = %(expired)s"),
    Plant(
        "a free attempt gone",
        attempts.NUMBERS,
        "retried",
        "DELETE FROM metering_usagelog WHERE id = %(error)s",
    ),
    Plant("an attempt elsewhere", attempts.IDS, "stray", f"{LOG} id = %(stray)s WHERE id = %(attempt)s"),
    Plant("an attempt renumbered", attempts.IDS, "attempt", f"{LOG} attempt = 2 WHERE id = %(attempt)s"),
    Plant(
        "another tenant's entry",
        tenants.OF_ENTRIES,
        "settled",
        f"{ENTRY} tenant_id = %(birch)s WHERE id = %(settled)s",
    ),
    Plant(
        "another tenant's attempt",
        tenants.OF_ATTEMPTS,
        "attempt",
        f"{LOG} tenant_id = %(birch)s WHERE id = %(attempt)s",
    ),
    Plant(
        "charged to another tenant",
        tenants.OF_CHARGES,
        "settled",
        f"{METER} tenant_id = %(birch)s WHERE id = %(tokens)s",
    ),
    Plant(
        "held by another tenant",
        tenants.OF_HOLDS,
        "held",
        f"{HOLD} tenant_id = %(birch)s WHERE id = %(held)s",
    ),
]

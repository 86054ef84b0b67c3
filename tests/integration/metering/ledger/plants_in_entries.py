"""Corruption of entries and attempts.

Charges are planted so that the meters still add up: each invariant has to find its own.
"""

from metering.ledger.audit import charges, entries
from tests.integration.metering.ledger.plant import ENTRY, HOLD, METER, Plant

PLANTS = [
    Plant(
        "settled without entry",
        entries.TERMINAL,
        "released",
        "DELETE FROM metering_ledgerentry WHERE id = %(released)s",
    ),
    Plant(
        "ended twice",
        entries.TERMINAL,
        "settled",
        "INSERT INTO metering_ledgerentry SELECT %(stray)s, reservation_id, tenant_id, 2, recorded_at, meter_ids,"
        " charges, 0, 0, 0, 0, 0, 0, 0 FROM metering_ledgerentry WHERE id = %(settled)s",
    ),
    Plant("another end", entries.TERMINAL, "settled", f"{HOLD} state = 2 WHERE id = %(settled)s"),
    Plant(
        "resolved by nothing",
        entries.TERMINAL,
        "expired",
        f"{HOLD} provisional = false WHERE id = %(expired)s",
    ),
    Plant("held again", entries.TERMINAL, "released", f"{HOLD} state = 0 WHERE id = %(released)s"),
    Plant(
        "an entry of nothing",
        entries.RESERVATION,
        "settled",
        "DELETE FROM metering_usagereservation WHERE id = %(settled)s",
    ),
    Plant(
        "an entry that cannot be met again",
        entries.IDS,
        "stray",
        f"{ENTRY} id = %(stray)s WHERE id = %(adjustment)s",
    ),
    Plant(
        "a terminal entry elsewhere", entries.IDS, "stray", f"{ENTRY} id = %(stray)s WHERE id = %(settled)s"
    ),
    Plant(
        "charged to meters that held nothing",
        entries.LINES,
        "released",
        f"{ENTRY} meter_ids = ARRAY[%(vendor)s, %(tokens)s], charges = '{{0, 0}}' WHERE id = %(released)s",
    ),
    Plant("a call counted twice", entries.REQUESTS, "beyond", f"{ENTRY} requests = 2 WHERE id = %(beyond)s"),
    Plant(
        "a release that counts",
        entries.REQUESTS,
        "tombstone",
        f"{ENTRY} requests = 1 WHERE id = %(tombstone)s",
    ),
    Plant(
        "an expiry that counts none",
        entries.REQUESTS,
        "expired",
        f"{ENTRY} requests = 0 WHERE id = %(expired)s",
    ),
    Plant(
        "a true-up that counts", entries.REQUESTS, "true_up", f"{ENTRY} requests = 1 WHERE id = %(true_up)s"
    ),
    Plant(
        "a settlement overcharged",
        charges.COUNTED,
        "settled",
        f"{ENTRY} charges[1] = charges[1] + 1 WHERE id = %(settled)s; {METER} used = used + 1 WHERE id = %(tokens)s",
    ),
    Plant(
        "a correction overcharged",
        charges.COUNTED,
        "adjustment",
        f"{ENTRY} charges[4] = charges[4] + 1 WHERE id = %(adjustment)s;"
        f"{METER} used = used + 1 WHERE id = %(vendor)s",
    ),
    Plant(
        "a release that costs",
        charges.COUNTED,
        "released",
        f"{ENTRY} charges[2] = 1 WHERE id = %(released)s; {METER} used = used + 1 WHERE id = %(requests)s",
    ),
    Plant(
        "an expiry that costs nothing",
        charges.PROVISIONAL,
        "expired",
        f"{ENTRY} charges[1] = 0 WHERE id = %(expired)s; {METER} used = used - 10 WHERE id = %(tokens)s",
    ),
    Plant(
        "a truth overcharged",
        charges.TRUED_UP,
        "trued_up",
        f"{ENTRY} charges[1] = charges[1] + 1 WHERE id = %(true_up)s; {METER} used = used + 1 WHERE id = %(tokens)s",
    ),
    Plant(
        "a vendor overcharged",
        charges.PROVIDERS,
        "retried",
        f"{ENTRY} charges[4] = charges[4] + 1 WHERE id = %(retried)s; {METER} used = used + 1 WHERE id = %(vendor)s",
    ),
    Plant(
        "a vendor's request that was not counted",
        charges.PROVIDERS,
        "settled",
        f"{ENTRY} charges[5] = 0 WHERE id = %(settled)s; {METER} used = used - 1 WHERE id = %(vendor_calls)s",
    ),
    Plant(
        "a vendor's failure that counts",
        charges.PROVIDERS,
        "failed",
        f"{ENTRY} charges[5] = 1 WHERE id = %(failed)s; {METER} used = used + 1 WHERE id = %(vendor_calls)s",
    ),
    Plant(
        "a vendor's late truth overcharged",
        charges.PROVIDERS,
        "trued_up",
        f"{ENTRY} charges[4] = charges[4] + 1 WHERE id = %(true_up)s; {METER} used = used + 1 WHERE id = %(vendor)s",
    ),
]

"""Corruption of meters and reservations, and of closed months."""

from metering.ledger.audit import holds, meters, months
from tests.integration.metering.ledger.plant import BALANCE, HOLD, METER, Plant

PLANTS = [
    Plant("used too high", meters.USED, "tokens", f"{METER} used = used + 1 WHERE id = %(tokens)s"),
    Plant("used too low", meters.USED, "vendor", f"{METER} used = used - 1 WHERE id = %(vendor)s"),
    Plant(
        "a meter that is gone", meters.USED, "tokens", "DELETE FROM metering_usagemeter WHERE id = %(tokens)s"
    ),
    Plant(
        "an entry that is gone",
        meters.USED,
        "tokens",
        "DELETE FROM metering_ledgerentry WHERE id = %(adjustment)s",
    ),
    Plant("held too high", meters.HELD, "calls", f"{METER} held = held + 1 WHERE id = %(calls)s"),
    Plant("held too low", meters.HELD, "calls", f"{METER} held = 0 WHERE id = %(calls)s"),
    Plant(
        "a hold that is gone",
        meters.HELD,
        "tokens",
        "DELETE FROM metering_usagereservation WHERE id = %(held)s",
    ),
    Plant("overspent", meters.NO_OVERSPEND, "requests", f"{METER} highest_limit = 0 WHERE id = %(requests)s"),
    Plant("overrun undeclared", meters.OVERRUN, "tokens", f"{METER} overrun = 0 WHERE id = %(tokens)s"),
    Plant("overrun made up", meters.OVERRUN, "requests", f"{METER} overrun = 1 WHERE id = %(requests)s"),
    Plant(
        "unenforced undeclared", meters.UNENFORCED, "tokens", f"{METER} unenforced = 0 WHERE id = %(tokens)s"
    ),
    Plant("unenforced made up", meters.UNENFORCED, "calls", f"{METER} unenforced = 9 WHERE id = %(calls)s"),
    Plant("uncovered made up", meters.UNCOVERED, "calls", f"{METER} uncovered = 9 WHERE id = %(calls)s"),
    Plant("a line without flags", holds.PARALLEL, "held", f"{HOLD} flags = flags[2:] WHERE id = %(held)s"),
    Plant("a negative amount", holds.AMOUNTS, "settled", f"{HOLD} amounts[1] = -1 WHERE id = %(settled)s"),
    Plant(
        "more past than held", holds.AMOUNTS, "settled", f"{HOLD} unenforced[1] = 11 WHERE id = %(settled)s"
    ),
    Plant(
        "less than nothing past the limit",
        holds.AMOUNTS,
        "settled",
        f"{HOLD} unenforced[1] = -1 WHERE id = %(settled)s",
    ),
    Plant(
        "ended, nobody knows when", holds.ENDED, "settled", f"{HOLD} ended_at = NULL WHERE id = %(settled)s"
    ),
    Plant("held, but ended", holds.ENDED, "held", f"{HOLD} ended_at = now() WHERE id = %(held)s"),
    Plant(
        "held for ever",
        holds.OVERDUE,
        "held",
        f"{HOLD} lease_expires_at = now() - interval '1 hour' WHERE id = %(held)s",
    ),
]

SEALED = [
    Plant(
        "a balance too high",
        months.BALANCES,
        "balance",
        f"{BALANCE} charged = charged + 1 WHERE meter_id = %(tokens)s",
    ),
    Plant(
        "a balance gone",
        months.BALANCES,
        "balance",
        "DELETE FROM metering_closingbalance WHERE meter_id = %(tokens)s",
    ),
    Plant("held in a sealed month", months.FINISHED, "held", f"{HOLD} state = 0 WHERE id = %(held)s"),
    Plant(
        "provisional in a sealed month",
        months.FINISHED,
        "expired",
        f"{HOLD} provisional = true WHERE id = %(expired)s",
    ),
]
"""In a month that was sealed after everything in it had ended."""

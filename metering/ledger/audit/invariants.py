"""Every invariant that is a query; `windows_tile` needs calendars and is in tiling.py."""

from metering.ledger.audit import attempts, charges, entries, holds, meters, months, tenants

INVARIANTS = (
    meters.USED,
    meters.HELD,
    meters.NO_OVERSPEND,
    meters.OVERRUN,
    meters.UNENFORCED,
    holds.PARALLEL,
    holds.AMOUNTS,
    holds.ENDED,
    holds.OVERDUE,
    entries.TERMINAL,
    entries.RESERVATION,
    entries.IDS,
    entries.LINES,
    entries.REQUESTS,
    charges.COUNTED,
    charges.PROVISIONAL,
    charges.TRUED_UP,
    charges.PROVIDERS,
    attempts.SUMS,
    attempts.BOUND,
    attempts.NUMBERS,
    attempts.IDS,
    tenants.OF_ENTRIES,
    tenants.OF_ATTEMPTS,
    tenants.OF_CHARGES,
    tenants.OF_HOLDS,
    months.BALANCES,
    months.FINISHED,
)

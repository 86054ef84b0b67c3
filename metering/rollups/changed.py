"""Which quarters of an hour have lines that were recorded since the rollups were last brought up to date."""

from datetime import timedelta

SETTLES_WITHIN = timedelta(seconds=30)
"""A row of the ledger can be read at most so long after its `recorded_at`: its transaction ends within seconds
(metering/ledger/postgres/connect.py)."""
EPOCH = "'epoch'::timestamptz"


def quarter_of(moment: str) -> str:
    """SQL: the quarter of an hour that a moment is in."""
    return f"date_bin('15 minutes', {moment}, {EPOCH})"


CHANGED = f"""
SELECT DISTINCT {quarter_of("metering_moment(id)")} AS quarter FROM metering_usagelog
WHERE recorded_at >= %(since)s AND id >= %(low)s AND id < %(high)s
UNION SELECT {quarter_of("metering_moment(id)")} FROM metering_ledgerentry
WHERE kind = 5 AND recorded_at >= %(since)s AND id >= %(low)s AND id < %(high)s
"""  # noqa: S608 - constants of this file
"""Of ids in [low, high). `since` is `seen_until` less SETTLES_WITHIN."""

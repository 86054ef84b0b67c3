"""Which conversations are in one unit only, so that its sum is all there is of them in any report that reads the unit.

The largest of these are found by an index (`rollup_largest`), without adding anything up; only the others have to be
(metering/reports/largest.py). Invariant: of units that one report may read together, which are quarters and the
days of one zone that do not overlap, no two have rows of one conversation of which any is `alone`. A row that is not
alone may be the only one: that costs time, no truth.
"""

from metering.rollups.levels import ANY_ZONE, Level

_LEVEL = Level.ALL_CONVERSATIONS.value
_QUARTER_OUTSIDE = (
    f"other.zone = '{ANY_ZONE}' AND (other.starts_at < %(since)s OR other.starts_at >= %(until)s)"
)
_OTHER_DAY = "other.zone = %(zone)s AND other.starts_at <> %(since)s"
_DAY_WITHOUT = f"""other.zone <> '{ANY_ZONE}' AND NOT EXISTS (SELECT FROM metering_rolledunit unit
    WHERE unit.zone = other.zone AND unit.starts_at = other.starts_at
    AND unit.starts_at <= kept.starts_at AND unit.ends_at > kept.starts_at)"""
BESIDE_A_DAY = f"({_OTHER_DAY} OR {_QUARTER_OUTSIDE})"
BESIDE_QUARTERS = f"({_DAY_WITHOUT} OR {_QUARTER_OUTSIDE})"
"""Whether a report may read the rows `other` and `kept` together, where `kept` is of the units that are being added up:
SQL with their `zone`, `since` and `until`."""


def alone(beside: str) -> str:
    """SQL: whether a conversation is in one of the new units only, of those that are not stored yet (`kept`)."""
    return f"""kept.conversation_id IS NOT NULL
AND count(*) OVER (PARTITION BY kept.tenant_id, kept.conversation_id) = 1
AND NOT EXISTS (SELECT FROM metering_usagerollup other WHERE {_SAME} AND {beside})"""


def no_longer_alone(beside: str) -> str:
    """UPDATE: stored rows of other units whose conversations the new units have as well."""
    return f"""UPDATE metering_usagerollup other SET alone = false FROM metering_usagerollup kept
WHERE kept.zone = %(zone)s AND kept.level = {_LEVEL} AND NOT kept.alone AND kept.conversation_id IS NOT NULL
AND kept.starts_at >= %(since)s AND kept.starts_at < %(until)s AND other.alone AND {_SAME} AND {beside}"""  # noqa: S608


_SAME = f"""other.level = {_LEVEL} AND other.conversation_id = kept.conversation_id
AND other.tenant_id = kept.tenant_id"""

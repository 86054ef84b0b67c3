"""Where the figures of a report lead: to the same with a filter more, or to the calls themselves."""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

from admin_console.addresses import address_of
from admin_console.filters_in_url import Chosen
from admin_console.pages import AUDIENCE_OF
from metering.activity.status import TOO_MANY
from metering.reports.buckets import Bucket
from metering.reports.explored import Group
from metering.reports.figures import DENIALS
from metering.reports.names import in_address

CALLS = "activity"
"""The page of single calls, and its name."""
NEXT = {
    "tenant": "user", "team": "user", "user": "model", "token": "model", "model": "user", "class": "model",
    "provider": "model", "task": "user", "feature": "task",
}  # fmt: skip
"""By what people look on inside a group."""


def inside(chosen: Chosen, group: str, found: Group) -> str:
    """The report of one group alone; empty for the calls that have none, by which nothing filters."""
    if found.value in (None, ""):
        return ""
    further = NEXT.get(group, "model")
    if further in chosen.filters or further == group:
        further = "task"
    value = in_address(group, found.value, found.name)
    return chosen.link(**{group: value, "group": further, "subgroup": None})


def part(chosen: Chosen, outer: Group, inner: Group) -> str:
    """The report of one group and one of its parts."""
    if outer.value in (None, "") or inner.value in (None, ""):
        return ""
    names = {chosen.group: (outer.value, outer.name), chosen.subgroup: (inner.value, inner.name)}
    filters = {name: in_address(name, *found) for name, found in names.items()}
    left = next(name for name in ("model", "user", "task", "team") if name not in filters)
    return chosen.link(**{**filters, "group": left, "subgroup": None})


def calls(chosen: Chosen, piece: date | datetime | None = None, bucket: Bucket | None = None) -> str:
    """The calls of a piece of the chart, or of all of it; where that page is not, the report of them."""
    here = address_of(f"admin:{CALLS}") if CALLS in AUDIENCE_OF else address_of("admin:explore")
    unsaid: dict[str, str | None] = {}
    if CALLS in AUDIENCE_OF:
        unsaid = {"metric": None, "group": None, "subgroup": None, "bucket": None}
        unsaid["status"] = TOO_MANY if chosen.metric == DENIALS else None
    if piece is None:
        days = {"range": chosen.range}  # each page has a usual range of its own
        if chosen.range == "custom":
            days |= {"since": chosen.days.first.isoformat(), "until": chosen.days.last.isoformat()}
        return f"{here}?{urlencode({**chosen.query(**unsaid), **days})}"
    if isinstance(piece, datetime):
        day = last = piece.astimezone(UTC).astimezone(chosen.zone).date()
    else:
        day, last = max(piece, chosen.days.first), _last_of(piece, bucket, chosen)
    days = {"range": "custom", "since": day.isoformat(), "until": last.isoformat()}
    return f"{here}{chosen.link(**{**unsaid, **days})}"


def _last_of(first: date, bucket: Bucket | None, chosen: Chosen) -> date:
    if bucket is Bucket.WEEK:
        last = first + timedelta(days=6)
    elif bucket is Bucket.MONTH:
        last = (first.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    else:
        last = first
    return min(last, chosen.days.last)

"""Who and what costs most. Calls of tokens that are nobody's stand beside people by their token."""

from dataclasses import dataclass

from metering.models import ATIToken
from metering.reports.names import in_address
from metering.reports.overview import Top, top
from metering.usage.filters import UsageFilter

SHOWN, LOOKED_AT = 6, 50
PEOPLE, TOKENS = "user", "token"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dearest:
    """One of them. `kind` is `token` for one that is nobody's among people."""

    kind: str
    in_address: str
    """As the filter of that name takes it."""
    top: Top


def dearest(chosen: UsageFilter, by: str) -> tuple[Dearest, ...]:
    """The dearest of the range that have a name, at most SHOWN."""
    found = [_of(by, each) for each in top(chosen, by=by, limit=LOOKED_AT) if each.value]
    if by == PEOPLE:
        found += _of_nobody(chosen)
        found.sort(key=lambda each: each.top.figures.cost_nano_usd, reverse=True)
    return tuple(found[:SHOWN])


def _of_nobody(chosen: UsageFilter) -> list[Dearest]:
    tokens = top(chosen, by=TOKENS, limit=LOOKED_AT)
    ids = [str(each.value) for each in tokens if each.value]
    of_people = {
        str(pk) for pk in ATIToken.objects.filter(pk__in=ids, user__isnull=False).values_list("pk", flat=True)
    }
    return [_of(TOKENS, each) for each in tokens if each.value and str(each.value) not in of_people]


def _of(by: str, each: Top) -> Dearest:
    return Dearest(kind=by, in_address=in_address(by, each.value, each.name), top=each)

"""Usage summed by day, or by what calls have in common: their model, task, user, team, tags and other labels."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from metering.models import Tenant
from metering.money import usd_text
from metering.usage.filters import UsageFilter
from metering.usage.groups import OF_ONE_TENANT, After, groups
from metering.usage.lines import COUNTED
from metering.usage.prices import Prices
from metering.usage.reporting import reporting_database

PAGE = 2_000
COUNTS = (
    "requests",
    "attempts",
    "corrections",
    "estimated",
    "provisional",
    "partly_priced",
    "own_key",
    "cached",
    *COUNTED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryPage:
    """Some groups in order, and where the next page begins; None: there are no more."""

    rows: list[dict[str, Any]]
    next: After | None


def usage_summary(
    chosen: UsageFilter, *, by: str, prices: Prices | None = None, now: datetime | None = None
) -> Iterator[dict[str, Any]]:
    """Every group, read a page at a time: bounded memory, no long transaction. Raises as `summary_page` does."""
    page = summary_page(chosen, by=by, prices=prices, now=now, limit=PAGE)
    yield from page.rows
    while page.next is not None:
        page = summary_page(chosen, by=by, prices=prices, now=now, limit=PAGE, after=page.next)
        yield from page.rows


@reporting_database()
def summary_page(
    chosen: UsageFilter,
    *,
    by: str,
    limit: int,
    prices: Prices | None = None,
    now: datetime | None = None,
    after: After | None = None,
    dearest_first: bool = False,
) -> SummaryPage:
    """At most `limit` groups: requests, attempts, sums, and how many attempts bear which mark.

    `cost_nano_usd` is what was charged. With `prices` (which need `now`) it is the cost at those prices, and what
    was charged stands beside it. What the cache saved, at list prices, is part of neither. `dearest_first` orders by
    cost and has no next page. Raises InvalidRequest for an unknown group, and where the sums take too long.
    """
    found = groups(
        chosen, by=by, prices=prices, now=now, after=after, limit=limit + 1, dearest_first=dearest_first
    )
    slugs = _slugs(by, found)
    rows = [_row(by, group, slugs, prices) for group in found[:limit]]
    if dearest_first or len(found) <= limit:
        return SummaryPage(rows=rows, next=None)
    last = found[limit - 1]
    return SummaryPage(rows=rows, next=After(group=last["group"], tenant_id=last["tenant_id"]))


def _slugs(by: str, found: list[dict[str, Any]]) -> dict[UUID, str]:
    """Of the tenants that these groups are, or are of."""
    column = "group" if by == "tenant" else "tenant_id"
    tenants = {group[column] for group in found} - {None}
    return dict(Tenant.objects.filter(pk__in=tenants).values_list("id", "slug")) if tenants else {}


def _row(by: str, found: dict[str, Any], slugs: dict[UUID, str], prices: Prices | None) -> dict[str, Any]:
    group, charged, cost = found["group"], int(found["charged"]), int(found["cost"])
    row: dict[str, Any] = {by: slugs.get(group) if by == "tenant" else group}
    if by in OF_ONE_TENANT:
        row["tenant"] = slugs.get(found["tenant_id"])
    row |= {name: int(found[name]) for name in COUNTS}
    saved = int(found["saved_nano_usd"])
    row |= {"cost_nano_usd": cost, "cost_usd": usd_text(cost)}
    row |= {"saved_nano_usd": saved, "saved_usd": usd_text(saved)}
    if prices is not None:
        row |= {
            "charged_nano_usd": charged,
            "charged_usd": usd_text(charged),
            "difference_usd": usd_text(cost - charged),
            "unpriced": found["unpriced"],
        }
    return row

"""`manage.py usage_report --by attempt|day|model|... [--tenant alder] [--since 2026-01-01] [--until ...]`"""

from argparse import ArgumentParser
from typing import Any

from django.utils.timezone import now

from metering.errors import InvalidRequest
from metering.identity.find import find_tenant
from metering.management.command import VerbCommand, moment
from metering.usage.attempts import usage_by_attempt
from metering.usage.filters import UsageFilter
from metering.usage.groups import GROUPS, group_names
from metering.usage.prices import Prices
from metering.usage.summary import usage_summary

ATTEMPT_COLUMNS = (
    *("started_at", "tenant", "reservation_id", "attempt", "state", "outcome", "model", "provider"),
    *("input_tokens", "output_tokens", "cost_nano_usd", "estimated"),
    *("estimate_reason", "partly_priced", "own_key", "service_tier"),
)
SUM_COLUMNS = (
    "requests",
    "attempts",
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "estimated",
    "cached",
    "saved_usd",
)


class Command(VerbCommand):
    help = "Report usage, attempt by attempt or summed."

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--by", required=True, help=f"attempt, {', '.join(GROUPS)}")
        parser.add_argument("--tenant", metavar="SLUG")
        parser.add_argument(
            "--since",
            metavar="TIME",
            help="ISO 8601, inclusive; in the tenant's time zone unless it names one.",
        )
        parser.add_argument("--until", metavar="TIME", help="ISO 8601, exclusive.")
        parser.add_argument(
            "--prices",
            choices=[prices.value for prices in Prices],
            help="Sums only: cost at the prices of then, of now, or by the vendor's own word, beside what was charged.",
        )

    def run(
        self,
        *,
        by: str,
        tenant: str | None,
        since: str | None,
        until: str | None,
        prices: str | None,
        **_: Any,
    ) -> None:
        owner = find_tenant(tenant) if tenant else None
        chosen = UsageFilter(
            tenant=owner,
            since=moment(since, param="--since", tenant=owner),
            until=moment(until, param="--until", tenant=owner),
        )
        if chosen.since is not None and chosen.until is not None and chosen.until < chosen.since:
            raise InvalidRequest("--until comes before --since.", param="until")
        if by == "attempt" and prices:
            raise InvalidRequest("--prices is for sums; --by attempt shows what was charged.", param="prices")
        if by == "attempt":
            self.show_rows(ATTEMPT_COLUMNS, usage_by_attempt(chosen))
        else:
            columns = (*SUM_COLUMNS, "charged_usd", "difference_usd") if prices else SUM_COLUMNS
            at = Prices(prices) if prices else None
            self.show_rows((*group_names(by), *columns), usage_summary(chosen, by=by, prices=at, now=now()))

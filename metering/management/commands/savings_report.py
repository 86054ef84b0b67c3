"""`manage.py savings_report [--tenant alder] [--since ... --until ...] [--baseline-since ... --baseline-until ...]`"""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.utils.timezone import now

from metering.errors import InvalidRequest
from metering.identity.find import find_tenant
from metering.management.command import VerbCommand, moment
from metering.proof.saved import saved, saved_facts
from metering.usage.filters import UsageFilter

DAYS = 30


class Command(VerbCommand):
    help = "Show what caches, cheaper models and denials saved, against the 30 % that are asked for."

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", metavar="SLUG", help="One tenant; none means all.")
        parser.add_argument("--since", metavar="MOMENT", help=f"Default: the last {DAYS} days.")
        parser.add_argument("--until", metavar="MOMENT")
        parser.add_argument("--baseline-since", metavar="MOMENT", help="Default: as long a time before.")
        parser.add_argument("--baseline-until", metavar="MOMENT")

    def run(self, *, tenant: str | None, since: str | None, until: str | None, **options: Any) -> None:
        owner, at = find_tenant(tenant) if tenant else None, now()
        end = moment(until, param="until", tenant=owner) or at
        start = moment(since, param="since", tenant=owner) or end - timedelta(days=DAYS)
        first = moment(options["baseline_since"], param="baseline-since", tenant=owner)
        last = moment(options["baseline_until"], param="baseline-until", tenant=owner)
        if (first is None) is not (last is None):
            raise InvalidRequest("Name both ends of the baseline.", param="baseline-since")
        if first is not None and last is not None and first >= last:
            raise InvalidRequest("The baseline must end after it begins.", param="baseline-until")
        chosen = UsageFilter(tenant=owner, since=start, until=end)
        baseline = (first, last) if first is not None and last is not None else None
        facts = {"since": start, "until": end, **saved_facts(saved(chosen, baseline=baseline, now=at))}
        cheaper = facts["cheaper_models_usd"]
        lines = [
            f"Spent ${facts['spent_usd']}. Saved: ${facts['cache_usd']} by {facts['cached_answers']:,} answers from "
            "the cache, "
            + ("nothing to compare models with" if cheaper is None else f"${cheaper} by cheaper models"),
            f"That is {facts['share'] or '-'} of what it would have cost (asked for: {facts['target']}); with "
            f"{facts['denied_calls']:,} calls that budgets denied, an estimated ${facts['denied_usd']}, "
            f"{facts['share_with_denials'] or '-'}.",
        ]
        self.show(facts, "\n".join(lines))

"""`manage.py decision_report [--tenant alder] [--verdict observed] [--since 2026-11-01]`"""

from argparse import ArgumentParser
from typing import Any

from metering.decisions.report import VERDICTS, DecisionFilter, decision_report
from metering.identity.find import find_tenant
from metering.management.command import VerbCommand, moment

COLUMNS = ("tenant", "verdict", "rule", "code", "task", "calls", "principals", "last_at")


class Command(VerbCommand):
    help = "Show what limits denied, and what observed limits would have denied, by rule."

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", metavar="SLUG")
        parser.add_argument("--verdict", help=", ".join(VERDICTS))
        parser.add_argument("--since", metavar="MOMENT")
        parser.add_argument("--until", metavar="MOMENT")

    def run(
        self, *, tenant: str | None, verdict: str | None, since: str | None, until: str | None, **_: Any
    ) -> None:
        owner = find_tenant(tenant) if tenant else None
        chosen = DecisionFilter(
            tenant=owner,
            verdict=verdict,
            since=moment(since, param="since", tenant=owner),
            until=moment(until, param="until", tenant=owner),
        )
        self.show_rows(COLUMNS, decision_report(chosen))

"""`manage.py service_levels [--since 2026-11-01] [--until ...]`: metering accuracy and availability."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.utils.timezone import now

from metering.management.command import VerbCommand, moment
from metering.proof.service_levels import service_levels

DAYS = 30


class Command(VerbCommand):
    help = "Show how accurate metering was (asked for: 99.9 %) and how available the gateway (99.95 %)."

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", metavar="MOMENT", help=f"Default: the last {DAYS} days.")
        parser.add_argument("--until", metavar="MOMENT")

    def run(self, *, since: str | None, until: str | None, **_: Any) -> None:
        end = moment(until, param="until", tenant=None) or now()
        start = moment(since, param="since", tenant=None) or end - timedelta(days=DAYS)
        facts = service_levels(since=start, until=end)
        accuracy, served = facts["accuracy"], facts["availability"]
        compared = accuracy["reconciled"]
        lines = [
            f"Metered ${accuracy['cost_usd']}, of which ${accuracy['estimated_usd']} are estimated: "
            f"exact share {accuracy['exact_share'] or '-'}.",
            "No vendor's report was compared (manage.py reconcile_usage)."
            if compared is None
            else f"Compared with vendors' ${compared['vendor_usd']}: accuracy {compared['accuracy'] or '-'} "
            f"(asked for: {accuracy['target']}).",
            f"Answered {served['answered']:,} requests, failed at {served['failed']:,}: availability "
            f"{served['availability'] or '-'} (asked for: {served['target']}). Vendors failed at "
            f"{served['vendor_failed']:,}.",
        ]
        self.show(facts, "\n".join(lines))

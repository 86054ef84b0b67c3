"""`manage.py export_usage --to openmeter|stripe|csv [--since 2026-11-01] [--pending sent|again|leave-out] [--json]`"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils.timezone import now

from gateway_project.billing.targets import NEEDS, target_named
from metering.errors import InvalidRequest
from metering.ledger.windows import EPOCH
from metering.management.command import VerbCommand, moment
from metering.models import ExportPosition
from metering.money import usd_text
from metering.usage_export.position import ExportedElsewhere, begin
from metering.usage_export.run import export_usage
from metering.usage_export.settle_pending import Fate, settle_pending


class Command(VerbCommand):
    help = "Export usage to a billing system: what it does not have yet. The first time says since when."

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", required=True, help=", ".join(NEEDS))
        parser.add_argument(
            "--since",
            metavar="MOMENT",
            help="The first time: what was recorded before stays out; default: nothing.",
        )
        parser.add_argument(
            "--pending",
            choices=[fate.value for fate in Fate],
            help="What became of rows that nobody can tell of.",
        )

    def run(self, *, to: str, since: str | None, pending: str | None, **_: Any) -> None:
        target, start = target_named(to), moment(since, param="since", tenant=None)
        if start is not None and ExportPosition.objects.filter(pk=to).exists():
            raise InvalidRequest(f"The export to {to} has begun; its beginning stays.", param="since")
        begin(target=to, since=start or EPOCH, now=now())
        try:
            if pending is not None:
                settle_pending(target, Fate(pending), actor=self.actor, clock=now)
            row = export_usage(target, clock=now)
        except ExportedElsewhere as error:
            raise CommandError(f"Another process exports to {to}.") from error
        facts = {
            "target": row.target,
            "exported_until": row.recorded_at,
            "rows": row.rows,
            "usd": usd_text(row.sent_nano_usd),
            "left_out_rows": row.left_out_rows,
            "left_out_usd": usd_text(row.left_out_nano_usd),
            "error": row.last_error or None,
        }
        self.show(
            facts,
            f"{row.rows:,} rows, {facts['usd']} US dollars, until {row.recorded_at:%Y-%m-%d %H:%M:%S} UTC",
        )
        if row.last_error:
            raise CommandError(row.last_error)

"""`manage.py import_prices [--provider NAME] [--replace-own] [--dry-run]`"""

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.utils.timezone import now

from gateway_project.vendor_catalogs.enter_prices import enter_prices
from gateway_project.vendor_catalogs.price_list import list_version
from metering.catalog.changes import shown_value
from metering.catalog.price_lines import PriceLine
from metering.errors import NotFound
from metering.management.command import VerbCommand
from metering.models import Provider

COLUMNS = ("model", "state", "from", "field", "old", "new")
SAID = {
    "changed": "models with new prices",
    "own": "with a person's price, which stays (--replace-own takes the list's)",
    "unknown": "not on the list, whose prices stay",
}


class Command(VerbCommand):
    help = (
        "Compare the stored models' prices with the price list that is installed, and add new dated prices where "
        "something changed, also those that are announced. What a person entered is told and kept. A model that the "
        "list does not name keeps its price."
    )

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--provider", help="Of this provider's models only.")
        parser.add_argument(
            "--replace-own", action="store_true", help="Also replace prices that a person entered."
        )
        parser.add_argument("--dry-run", action="store_true", help="Only tell what would change.")

    def run(self, *, provider: str | None, replace_own: bool, dry_run: bool, **_: Any) -> None:
        if provider is not None and not Provider.objects.filter(pk=provider).exists():
            raise NotFound(f"There is no provider {provider!r}.")
        lines = enter_prices(
            provider=provider, replace_own=replace_own, dry_run=dry_run, actor=self.actor, now=now()
        )
        self.show_rows(COLUMNS, map(_row, lines))
        if not self.as_json:
            self.stdout.write(_summary(lines, dry_run=dry_run))


def _row(line: PriceLine) -> dict[str, Any]:
    row = asdict(line)
    starts = row.pop("starts")
    return {**row, "from": starts, "old": shown_value(line.old), "new": shown_value(line.new)}


def _summary(lines: list[PriceLine], *, dry_run: bool) -> str:
    counts = {state: len({line.model for line in lines if line.state == state}) for state in SAID}
    said = [f"{count} {SAID[state]}" for state, count in counts.items() if count]
    head = f"By {list_version()}: {'; '.join(said) if said else 'nothing to change'}."
    return f"{head} Dry run: nothing was changed." if dry_run and counts["changed"] else head

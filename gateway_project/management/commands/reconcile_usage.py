"""`manage.py reconcile_usage --provider openai --since 2026-11-01 --until 2026-12-01 FILE|--fetch [--book] [--json]`"""

from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils.timezone import now

from gateway_project.management.read_text import read_text
from gateway_project.vendor_reports.errors import BadReport
from gateway_project.vendor_reports.exchange import Reports
from gateway_project.vendor_reports.file import is_invoice, read_report
from gateway_project.vendor_reports.registry import source_of
from gateway_project.vendor_reports.source import Source
from metering.errors import InvalidRequest, NotFound
from metering.management.command import VerbCommand
from metering.management.ledger import submit_all
from metering.models import Provider
from metering.reconciliation.facts import reconciled_facts
from metering.reconciliation.reconcile import reconcile_usage
from metering.reconciliation.vendor_report import ReportLine
from metering.time_zones import is_time_zone

UTC = "UTC"
OF_CSV = "--timezone is for the days of a CSV; those of a vendor's own report are of UTC."


class Command(VerbCommand):
    help = "Compare a vendor's own usage and costs with the ledger, day by day and model by model."

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", nargs="?", metavar="FILE", help="The vendor's report, or a CSV; - is standard input."
        )
        parser.add_argument("--fetch", action="store_true", help="Ask the vendor for the report.")
        parser.add_argument("--provider", required=True, metavar="NAME")
        parser.add_argument("--since", required=True, metavar="DAY", help="The first day.")
        parser.add_argument("--until", required=True, metavar="DAY", help="The day after the last one.")
        parser.add_argument(
            "--key",
            action="append",
            default=[],
            metavar="ID",
            help="The vendor's id of a key that is the gateway's; may be repeated. Default: all keys are.",
        )
        parser.add_argument("--timezone", default="UTC", metavar="ZONE", help="Of the days of a CSV.")
        parser.add_argument("--book", action="store_true", help="Book what is found as corrections.")

    def run(
        self, *, provider: str, since: str, until: str, file: str | None, fetch: bool, **options: Any
    ) -> None:
        if fetch is bool(file):
            raise InvalidRequest("Name either a file or --fetch.", param="file")
        if not is_time_zone(options["timezone"]):
            raise InvalidRequest(f"{options['timezone']!r} is no time zone.", param="timezone")
        row = Provider.objects.filter(pk=provider).first()
        if row is None:
            raise NotFound(f"There is no provider {provider!r}.", param="provider")
        source, first, end = source_of(row), _day(since, "since"), _day(until, "until")
        if fetch and options["timezone"] != UTC:
            raise InvalidRequest(OF_CSV, param="timezone")
        lines = (
            _fetched(source, row, first, end) if fetch else _saved(file or "-", source, options["timezone"])
        )
        found = reconcile_usage(
            provider=provider,
            lines=lines,
            since=first,
            until=end,
            zone=options["timezone"],
            keys=frozenset(options["key"]),
            submit=submit_all if options["book"] else None,
            actor=self.actor,
            now=now(),
        )
        facts = {"provider": provider, "since": first, "until": end, **reconciled_facts(found)}
        self.show(facts, "\n".join(_told(facts)))


def _fetched(source: Source | None, row: Provider, since: date, until: date) -> Iterator[ReportLine]:
    if source is None:
        raise BadReport(
            f"The vendor of {row.name} has no report that can be asked for; give its invoice as CSV."
        )
    with Reports(source.vendor()) as reports:
        for document in source.documents(reports, since, until):
            yield from source.read(document)


def _saved(file: str, source: Source | None, zone: str) -> Iterator[ReportLine]:
    content = read_text(file)
    if zone != UTC and not is_invoice(content):
        raise InvalidRequest(OF_CSV, param="timezone")
    return read_report(content, source)


def _day(text: str, param: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidRequest(f"{param}: {text!r} is not a day such as 2026-01-31.", param=param) from None


def _told(facts: dict[str, Any]) -> Iterator[str]:
    total = facts["total"]
    yield (
        f"{facts['provider']} says ${total['vendor_usd']}, the ledger ${total['metered_usd']}: "
        f"a difference of ${total['difference_usd']}."
    )
    for cause, usd in total["causes"].items():
        yield f"  {cause.replace('_', ' ')}: ${usd}"
    for day in facts["days"]:
        if day["causes"]:
            causes = ", ".join(f"{cause.replace('_', ' ')} ${usd}" for cause, usd in day["causes"].items())
            yield f"  {day['day']} {day['model'] or 'all models'}: {causes}"
    for line in facts["without_model"]:
        yield f"  {line['day']} of no model: {line['text']} ${line['vendor_usd']}"
    booked = facts["booked"]
    if booked is not None:
        yield f"Booked {booked['corrections']} corrections, ${booked['charged_usd']} in all."
        for reason, times in booked["refused"].items():
            yield f"  The ledger refused {times}: {reason}."
        if booked["left_usd"] != "0":
            yield f"  ${booked['left_usd']} found no call that can bear it."

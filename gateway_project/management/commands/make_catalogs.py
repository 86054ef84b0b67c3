"""`manage.py make_catalogs [--date 2026-11-29]`"""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.utils.timezone import now

from gateway_project.vendor_catalogs.generate import catalog_text
from gateway_project.vendor_catalogs.known import CATALOGS, known_vendors
from metering.errors import InvalidRequest
from metering.management.command import VerbCommand


class Command(VerbCommand):
    help = (
        "Write fixtures/catalogs/*.yaml anew from gateway_project/vendor_catalogs/known.yaml and the price list. "
        "No database is asked."
    )

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--date", help="The day whose prices count; default: today.")

    def run(self, *, date: str | None, **_: Any) -> None:
        moment = _midnight(date) if date else now()
        CATALOGS.mkdir(exist_ok=True)
        for key, vendor in known_vendors().items():
            (CATALOGS / f"{key}.yaml").write_text(catalog_text(key, vendor, moment))
        written = [f"{key}.yaml" for key in known_vendors()]
        self.show(written, "\n".join(written))


def _midnight(date: str) -> datetime:
    try:
        return datetime.strptime(date, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise InvalidRequest(f"--date: {date!r} is not a date such as 2026-11-29.", param="date") from error

"""`manage.py make_statement --tenant alder --month 2026-10 [--pdf FILE] [--json]`"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils.timezone import now

from metering.identity.find import find_tenant
from metering.management.command import VerbCommand
from metering.money import usd_text
from metering.statements.document import document_of
from metering.statements.figures import as_json, figures_of
from metering.statements.issue import issue_statement
from metering.statements.months import month_named
from metering.statements.pdf import statement_pdf
from metering.statements.round import cents_text


class Command(VerbCommand):
    help = "Issue a tenant's statement of a month that is over, or show the one that was issued."

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", metavar="SLUG", required=True)
        parser.add_argument("--month", metavar="YYYY-MM", required=True)
        parser.add_argument("--pdf", metavar="FILE", help="Write the PDF there too.")

    def run(self, *, tenant: str, month: str, pdf: str | None, **_: Any) -> None:
        statement = issue_statement(
            tenant=find_tenant(tenant), month=month_named(month), actor=self.actor, now=now()
        )
        figures = figures_of(statement.figures)
        if pdf is not None:
            try:
                Path(pdf).write_bytes(statement_pdf(document_of(figures, digest=statement.digest)))
            except OSError as error:
                raise CommandError(f"{pdf} cannot be written: {error.strerror}") from error
        facts = {
            "id": str(statement.pk),
            "number": statement.name,
            "total_usd": usd_text(figures.total_nano_usd),
            "digest": statement.digest,
            "figures": as_json(figures),
        }
        self.show(facts, f"{statement.name}: {tenant}, {month}, US$ {cents_text(figures.total_nano_usd)}")

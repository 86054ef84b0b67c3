"""`manage.py budget_status [--tenant alder]`"""

from argparse import ArgumentParser
from typing import Any

from django.utils.timezone import now

from metering.identity.find import find_tenant
from metering.management.command import VerbCommand
from metering.usage.budget_status import budget_status

COLUMNS = (
    *("scope", "scope_id", "tenant", "subject_type", "subject_id", "task", "dimension", "window"),
    *("limit", "used", "held", "overrun", "unenforced", "uncovered", "reset_at"),
)


class Command(VerbCommand):
    help = "Show what every budget allows, and what is used and held of it right now."

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", metavar="SLUG", help="Only what applies to this tenant.")

    def run(self, *, tenant: str | None, **_: Any) -> None:
        statuses = budget_status(now=now(), tenant=find_tenant(tenant) if tenant else None)
        self.show_rows(COLUMNS, (status.as_json() for status in statuses))

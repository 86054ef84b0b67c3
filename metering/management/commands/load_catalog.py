"""`manage.py load_catalog FILE.yaml [--dry-run]`"""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils.timezone import now

from metering.catalog.load_catalog import load_catalog
from metering.management.command import VerbCommand


class Command(VerbCommand):
    help = (
        "Bring providers, models, prices and plans from a YAML file into the database, whole or not at all."
    )

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE.yaml", help="'-' reads standard input.")
        parser.add_argument("--dry-run", action="store_true", help="Show what would change, change nothing.")

    def run(self, *, file: str, dry_run: bool, **_: Any) -> None:
        changes = load_catalog(text=_read(file), actor=self.actor, now=now(), dry_run=dry_run)
        lines = [change.as_line() for change in changes] or ["Nothing to change."]
        if dry_run:
            lines.append("Dry run: nothing was changed.")
        self.show([change.as_json() for change in changes], "\n".join(lines))


def _read(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is not UTF-8 text.") from error
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error

"""`manage.py load_catalog FILE.yaml [--dry-run]`"""

import os
from argparse import ArgumentParser
from typing import Any

from django.utils.timezone import now

from gateway_project.foreign_configs.load_config import load_config
from gateway_project.management.read_text import read_text
from metering.management.command import VerbCommand


class Command(VerbCommand):
    help = (
        "Bring providers, models, prices, plans and the gateway's own limits from a YAML file into the database, "
        "whole or not at all. The files of the proxy mode, of the proxy service and of LiteLLM are read too; what "
        "became of their lines is told on standard error."
    )

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE.yaml", help="'-' reads standard input.")
        parser.add_argument("--dry-run", action="store_true", help="Show what would change, change nothing.")

    def run(self, *, file: str, dry_run: bool, **_: Any) -> None:
        loaded = load_config(
            text=read_text(file), actor=self.actor, now=now(), environment=os.environ, dry_run=dry_run
        )
        if loaded.format:
            self.stderr.write(f"Read as {loaded.format}:", lambda text: text)
        for note in loaded.notes:
            self.stderr.write(f"  {note}", lambda text: text)
        lines = [change.as_line() for change in loaded.changes] or ["Nothing to change."]
        if dry_run:
            lines.append("Dry run: nothing was changed.")
        self.show([change.as_json() for change in loaded.changes], "\n".join(lines))

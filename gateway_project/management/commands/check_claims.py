"""`manage.py check_claims CLAIMS.txt [--description FILE] [--abstract FILE] [--drawings FILE] [--jurisdiction EP]`"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import CommandError

from adapters.drafting.claims import check_claims
from metering.errors import InvalidRequest
from metering.management.command import VerbCommand

MAX_FILE_BYTES = 4 * 1024 * 1024
"""More than the checker takes of anything; it says itself what is too much."""
NOT_CHECKED = 2


class Command(VerbCommand):
    help = "Check patent claims for faults of form. Exits with 1 if there are errors, with 2 if it could not check."

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="The claims, each on a new line with its number.")
        parser.add_argument("--description", metavar="FILE")
        parser.add_argument("--abstract", metavar="FILE")
        parser.add_argument("--drawings", metavar="FILE", help="What is written on the drawings, and below.")
        parser.add_argument("--jurisdiction", choices=["US", "EP"], default="US")

    def run(self, *, file: str, jurisdiction: Any, **options: Any) -> None:
        try:
            findings = check_claims(
                _read(file),
                description=_read(options["description"]),
                abstract=_read(options["abstract"]),
                drawings=[_read(options["drawings"])] if options["drawings"] else [],
                jurisdiction=jurisdiction,
            )
        except InvalidRequest as refusal:
            raise CommandError(refusal.message, returncode=NOT_CHECKED) from None
        rows = [msgspec.to_builtins(finding) for finding in findings]
        self.show({"findings": rows}, "\n".join(map(_line, rows)) or "Nothing was found.")
        if errors := sum(finding.severity == "error" for finding in findings):
            raise CommandError(f"{errors} error{'s' * (errors > 1)}.", returncode=1)


def _read(file: str | None) -> str:
    if file is None:
        return ""
    try:
        with Path(file).open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            raise InvalidRequest(f"{file} has more than {MAX_FILE_BYTES:,} bytes.", param="file")
        return content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read.", returncode=NOT_CHECKED) from error


def _line(finding: dict[str, Any]) -> str:
    place = f"claim {finding['claim']}" if finding["claim"] is not None else "abstract"
    fix = f" {finding['suggestion']}" if finding["suggestion"] else ""
    return "{place}:{start}-{end} {severity} {code}: {message}".format(place=place, **finding) + fix

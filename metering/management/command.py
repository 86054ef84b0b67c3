"""What the management commands have in common: --json, and errors as one clear line."""

import os
import sys
from argparse import Action, ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import chain, islice
from typing import Any, ClassVar

import msgspec
import psycopg
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, ProgrammingError

from metering.errors import InvalidRequest, MeteringError
from metering.models import Tenant
from metering.time_zones import placed
from metering.usage.filters import zone_of

WIDTH_SAMPLE = 200
"""So many rows are looked at for the widths of a table's columns; the rest is written as it comes."""


class _Once(Action):
    """Stores an option's value. One that is given twice is refused: argparse would drop the first. So is an empty one
    that would count as left out: `--user "$ANN"` without an ANN is meant for nobody else.
    """

    was_given = False

    def __call__(
        self,
        parser: ArgumentParser,
        namespace: Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        if self.was_given:
            parser.error(f"{option_string} is given twice")
        if values == "" and self.default is None and not self.required:
            parser.error(f"{option_string} is empty; leave it out if that is meant")
        self.was_given = True
        setattr(namespace, self.dest, values)


class VerbCommand(BaseCommand):
    """A command around one verb. Subclasses define `add_options` and `run`.

    Exit codes: 0, 1 for a refusal, and `unavailable_code` when the database does not answer.
    """

    requires_system_checks = []  # they load every URL and admin page; script/check runs them
    unavailable_code: ClassVar[int] = 1
    run: Callable[..., None]
    """Reads the clock and the arguments, which come by keyword, calls the verb, shows the answer."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print nothing but JSON.")
        for name in (None, "store"):
            parser.register("action", name, _Once)
        self.add_options(parser)

    def add_options(self, parser: ArgumentParser) -> None:
        """The command's own arguments."""

    def handle(self, *args: Any, **options: Any) -> None:
        self.as_json = options["json"]
        try:
            self.run(**options)
        except MeteringError as error:
            raise CommandError(error.message) from error
        except BrokenPipeError:
            # Whoever read the output has seen enough; Python must not complain about it at exit either.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(self.unavailable_code)
        except (DatabaseError, InterfaceError, psycopg.Error) as error:
            raise self._failed(_said_of(error), error) from error

    def _failed(self, sentence: str, error: Exception) -> CommandError:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return CommandError(f"{sentence}: {reason}", returncode=self.unavailable_code)

    @property
    def actor(self) -> str:
        """How the audit trail names this command."""
        return "manage.py " + type(self).__module__.rpartition(".")[2]

    def show(self, facts: object, text: str) -> None:
        """Print the facts with --json, else the text."""
        self.stdout.write(to_json(facts) if self.as_json else text)

    def show_rows(self, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
        """Print rows as they come: a JSON array of them whole, or a table of some columns."""
        if self.as_json:
            self._write_array(rows)
        else:
            self._write_table(columns, rows)

    def _write_array(self, rows: Iterable[dict[str, Any]]) -> None:
        separator = "["
        for row in rows:
            self.stdout.write(f"{separator}{to_json(row)}", ending="")
            separator = ",\n "
        self.stdout.write("[]" if separator == "[" else "]")

    def _write_table(self, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
        lines = ([_cell(row[column]) for column in columns] for row in rows)
        sample = [list(columns), *islice(lines, WIDTH_SAMPLE)]
        widths = [max(map(len, column)) for column in zip(*sample, strict=True)]
        for line in chain(sample, lines):
            cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
            self.stdout.write("  ".join(cells).rstrip())


def to_json(facts: object) -> str:
    """JSON text; UUIDs and Decimals as text, moments as RFC 3339."""
    return msgspec.json.encode(facts).decode()


def moment(text: str | None, *, param: str, tenant: Tenant | None) -> datetime | None:
    """A date or a date with time in ISO 8601, in the tenant's zone (UTC without one) unless it names one.

    Raises InvalidRequest.
    """
    if text is None:
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"{param}: {text!r} is not a date or time such as 2026-01-31 or 2026-01-31T09:30:00Z."
        raise InvalidRequest(message, param=param) from error
    return placed(parsed, zone_of(tenant), param=param)


def _said_of(error: Exception) -> str:
    """What an error of the database means for whoever runs a command."""
    if isinstance(error, ProgrammingError | psycopg.ProgrammingError):
        return "The database does not fit this version; run migrate"
    refusals = (DataError, IntegrityError, psycopg.DataError, psycopg.IntegrityError)
    if isinstance(error, refusals):
        return "PostgreSQL answers, but cannot do this with what is stored or was given"
    return "PostgreSQL does not answer"


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else str(value)

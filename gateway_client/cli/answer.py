"""How commands answer: a table on a terminal, lines with tabs elsewhere, JSON or CSV where that is asked for.

JSON and CSV have the API's own field names and amounts as the API says them.
"""

import csv
import io
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Annotated, Any, TextIO

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway_client.cli.clean import clean, clean_json, clean_lines

Row = Mapping[str, Any]
FORMULA = ("=", "+", "-", "@")
"""With what a cell begins, behind blanks too, that a spreadsheet would reckon with."""
JsonOption = Annotated[bool, typer.Option("--json", help="Answer JSON, with the API's field names.")]
CsvOption = Annotated[bool, typer.Option("--csv", help="Answer CSV, with the API's field names.")]


class Form(Enum):
    TABLE = "table"
    TABS = "tabs"
    JSON = "json"
    CSV = "csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table."""

    title: str
    text: Callable[[Row], str]
    style: Callable[[Row], str] | None = None
    is_number: bool = False


@cache
def out() -> Console:
    """Standard output. No text becomes markup, and nothing is coloured that no style was given."""
    return Console(highlight=False, markup=False, emoji=False, soft_wrap=True)


@cache
def err() -> Console:
    """Standard error."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)


def form_of(*, as_json: bool, as_csv: bool = False) -> Form:
    """Raises typer.BadParameter where both are asked for."""
    if as_json and as_csv:
        raise typer.BadParameter("Ask for --json or --csv, not for both.")
    if as_json:
        return Form.JSON
    if as_csv:
        return Form.CSV
    return Form.TABLE if out().is_terminal else Form.TABS


def show_rows(
    rows: Sequence[Row], columns: Sequence[Column], *, form: Form, empty: str, title: str = ""
) -> None:
    """A list. `empty` is told to a person where there is nothing."""
    if form is Form.JSON:
        write_json(list(rows))
    elif form is Form.CSV:
        write_csv(rows)
    elif form is Form.TABS:
        for row in rows:
            write("\t".join(clean(column.text(row)) for column in columns) + "\n")
    elif not rows:
        out().print(empty, style="dim")
    else:
        out().print(table_of(rows, columns, title=title))


def show_facts(facts: Row, lines: Sequence[tuple[str, str]], *, form: Form) -> None:
    """One object: `facts` for programs, `lines` for people, those without a value left out."""
    if form is Form.JSON:
        write_json(facts)
        return
    lines = [(name, clean(value)) for name, value in lines if value]
    if form is Form.TABS:
        for name, value in lines:
            write(f"{name}\t{value}\n")
        return
    grid = Table.grid(padding=(0, 2))
    for name, value in lines:
        grid.add_row(Text(name, style="dim"), Text(value))
    out().print(grid)


def table_of(rows: Sequence[Row], columns: Sequence[Column], *, title: str = "") -> Table:
    """As terminals show it."""
    table = Table(
        box=box.SIMPLE_HEAD, title=Text(title) if title else None, title_justify="left", title_style="bold"
    )
    for column in columns:
        table.add_column(column.title, justify="right" if column.is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(
            *(
                Text(clean(column.text(row)), style=column.style(row) if column.style else "")
                for column in columns
            )
        )
    return table


def write_json(value: object) -> None:
    has_every_sign = (sys.stdout.encoding or "utf-8").lower().replace("-", "") == "utf8"
    text = json.dumps(value, ensure_ascii=not has_every_sign, indent=2, default=_plain)
    write(clean_json(text) + "\n")


def write_csv(rows: Sequence[Row]) -> None:
    """The first row's fields are the columns; what is no single value is JSON. No cell begins a formula."""
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    write(text.getvalue())


def write(text: str, file: TextIO | None = None) -> None:
    """A text as it is, at once."""
    file = file or sys.stdout
    file.write(text)
    file.flush()


def say(text: str, style: str = "") -> None:
    """A sentence to the person, on standard error: it is no part of the answer."""
    err().print(Text(clean_lines(text), style=style))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return str(value)
    if not isinstance(value, str):
        value = json.dumps(value, ensure_ascii=False, default=_plain)
    text = clean_lines(value)
    return f"'{text}" if text.lstrip().startswith(FORMULA) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except ArithmeticError:
        return False


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    raise TypeError(f"{type(value).__name__} is no JSON")

"""An invoice as CSV, for whatever vendor: a header, and one line for each day and model.

`day` and `model` are needed, and `cost_usd` or tokens; the rest may be left out, and any other column is passed over:

    day,model,key,requests,input_tokens,cached_input_tokens,cache_write_tokens,output_tokens,cost_usd
    2026-11-03,gpt-4o,key_1,120,530000,12000,0,48000,1.81
"""

import csv
from collections.abc import Iterable, Iterator
from datetime import date

from gateway_project.vendor_reports.errors import BadReport
from gateway_project.vendor_reports.fields import Fields, count, half_of_last_digit, nano_usd, number, text
from metering.reconciliation.vendor_report import ReportLine, Tokens

TOKENS = ("input_tokens", "cached_input_tokens", "cache_write_tokens", "output_tokens")
COLUMNS = ("day", "model", "key", "requests", *TOKENS, "cost_usd")


def read_csv(lines: Iterable[str]) -> Iterator[ReportLine]:
    """Raises BadReport that names the line."""
    rows = csv.DictReader(lines, strict=True)
    try:
        header = [name.strip() for name in rows.fieldnames or ()]
        _check_header(header)
        rows.fieldnames = header
        for row in rows:
            try:
                yield _line(row, header)
            except BadReport as error:
                raise BadReport(f"Line {rows.line_num}: {error.message}") from None
    except csv.Error:
        raise BadReport(f"Line {rows.line_num} is no line of CSV.") from None


def is_csv(first_line: str) -> bool:
    """Whether a file begins with such a header."""
    names = {name.strip().strip('"').lower() for name in first_line.split(",")}
    return {"day", "model"} <= names


def _check_header(header: list[str]) -> None:
    if not {"day", "model"} <= set(header) or not set(header) & {"cost_usd", "input_tokens", "output_tokens"}:
        raise BadReport(f"The first line has to name the columns, of {', '.join(COLUMNS)}.")
    if len(set(header)) != len(header):
        raise BadReport("The first line names a column twice.")


def _line(row: Fields, header: list[str]) -> ReportLine:
    if None in row or None in row.values():
        raise BadReport("it has another number of columns than the first one.")
    try:
        day = date.fromisoformat(text(row, "day"))
    except ValueError:
        raise BadReport("its day is not of the form 2026-11-03.") from None
    has_tokens = any(name in header and text(row, name) for name in TOKENS)
    cost = number(row, "cost_usd")
    return ReportLine(
        day=day,
        model=text(row, "model"),
        key=text(row, "key"),
        requests=count(row, "requests") if text(row, "requests") else None,
        tokens=Tokens(
            input=count(row, "input_tokens"),
            cached=count(row, "cached_input_tokens"),
            written=count(row, "cache_write_tokens"),
            output=count(row, "output_tokens"),
        )
        if has_tokens
        else None,
        cost_nano_usd=None if cost is None else nano_usd(cost),
        rounded_nano_usd=0 if cost is None else half_of_last_digit(cost),
        text="invoice",
    )

"""Rows as CSV that a spreadsheet shows and never runs."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

RUNNABLE = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A cell that begins so may be taken for a formula."""
AMOUNTS = ("_usd",)


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, Any]], *, header: bool) -> str:
    """Lines that end with CR LF, as RFC 4180 says."""
    text = io.StringIO()
    writer = csv.writer(text)
    if header:
        writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(column, row[column]) for column in columns])
    return text.getvalue()


def _cell(column: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()
    shown = ",".join(value) if isinstance(value, list) else str(value)
    is_number = isinstance(value, int | float) or column.endswith(AMOUNTS)
    return f"'{shown}" if not is_number and shown.lstrip(" ").startswith(RUNNABLE) else shown

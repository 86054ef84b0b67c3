"""CSV that a spreadsheet shows and never runs."""

import csv
import io
from datetime import date

import pytest

from metering.usage.csv_text import csv_text


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", '=HYPERLINK("http://x")']
)
def test_a_text_that_would_be_a_formula_is_quoted(text: str) -> None:
    assert _read(csv_text(("agent",), [{"agent": text}], header=False)) == [[f"'{text}"]]


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        ("agent", 'a, "b"\nc', 'a, "b"\nc'),
        ("agent", None, ""),
        ("difference_usd", "-0.5", "-0.5"),
        ("output_tokens", -4, "-4"),
        ("day", date(2026, 1, 31), "2026-01-31"),
        ("estimated", True, "True"),
    ],
)
def test_everything_else_is_left_as_it_is(column: str, value: object, shown: str) -> None:
    assert _read(csv_text((column,), [{column: value}], header=False)) == [[shown]]


def test_the_header_comes_once_and_first() -> None:
    rows = [{"a": 1, "b": 2}]
    assert csv_text(("a", "b"), rows, header=True) == "a,b\r\n1,2\r\n"


def _read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))

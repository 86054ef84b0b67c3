"""CSV that spreadsheets read: no cell begins a formula, and numbers stay numbers."""

import contextlib
import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_client.cli.answer import write_csv


def written(row: dict[str, object], capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    write_csv([row])
    [read] = csv.DictReader(io.StringIO(capsys.readouterr().out))
    return read


def test_values_are_written_as_the_api_says_them(capsys: pytest.CaptureFixture[str]) -> None:
    row = {"money": "-0.5", "count": 3, "share": Decimal("1.50"), "hard": True, "none": None, "list": ["a"]}
    assert written(row, capsys) == {
        "money": "-0.5",
        "count": "3",
        "share": "1.50",
        "hard": "true",
        "none": "",
        "list": '["a"]',
    }


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-2+3", "@SUM(1)", "\t=1+1", " =1+1", "\n@SUM(1)"])
def test_no_cell_begins_a_formula(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert written({"name": text}, capsys) == {"name": f"'{text}"}


@given(st.text(max_size=30))
def test_every_text_comes_back_but_for_what_a_terminal_obeys(text: str) -> None:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        write_csv([{"name": text, "after": "x"}])
    [read] = csv.DictReader(io.StringIO(out.getvalue()))
    assert read["after"] == "x"

"""The page of questions sends its readers to files and functions that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = re.compile(
    r"^\| (?P<question>[^|]+\?) \| `(?P<file>[^`]+)`(?: \(`(?P<function>\w+)`\))? \|$", re.MULTILINE
)


def test_every_question_is_answered_by_a_file_that_exists_and_a_function_in_it() -> None:
    rows = list(ROW.finditer((ROOT / "docs/where.md").read_text()))
    assert len({row["question"] for row in rows}) == len(rows) >= 20
    for row in rows:
        text = (ROOT / row["file"]).read_text()
        assert row["function"] is None or f"def {row['function']}(" in text, row["question"]

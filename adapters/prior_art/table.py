"""A result as CSV: the claim chart, with a row for each quote."""

import csv
import io
from collections.abc import Mapping
from typing import Any
from unicodedata import normalize

COLUMNS = (
    "rank", "score", "source", "publication_number", "doi", "date", "title", "url", "element", "element_text", "quote",
)  # fmt: skip
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
"""With which a spreadsheet takes a cell for a formula, or for a command."""


def as_csv(result: Mapping[str, Any]) -> str:
    """The claim chart. A document without a quote has one row with an empty element."""
    texts = {element["id"]: element["text"] for element in result["elements"]}
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for found in result["results"]:
        for evidence in found["evidence"] or [{"element": "", "quote": ""}]:
            row = {
                **found,
                **evidence,
                "element_text": texts.get(evidence["element"], ""),
            }
            writer.writerow([_cell(row.get(column, "")) for column in COLUMNS])
    return out.getvalue()


def _cell(value: object) -> str:
    """Never the beginning of a formula: an apostrophe before it makes it a text."""
    text = str(value)
    first = normalize("NFKC", text.lstrip()[:1])  # full-width signs work too
    return f"'{text}" if first in FORMULA_SIGNS else text

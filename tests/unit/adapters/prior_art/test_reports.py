import csv
import io
from typing import Any

from adapters.prior_art.markdown import as_markdown
from adapters.prior_art.table import as_csv


def result(**first: Any) -> dict[str, Any]:
    found = {
        "rank": 1,
        "source": "uspto",
        "source_id": "16",
        "publication_number": "US20200123456A1",
        "title": "A fan",
        "date": "2020-04-01",
        "url": "https://example.org/a_(b)",
        "score": 0.5,
        "rationale": "It shows E1.",
        "evidence": [{"element": "E1", "quote": "a fan"}, {"element": "E1", "quote": "fans"}],
    }
    return {
        "elements": [{"id": "E1", "text": "a fan"}, {"id": "E2", "text": "a valve"}],
        "queries": ["fan AND valve"],
        "sources": {"uspto": {"status": "partial", "found": 1, "error": "It was slow."}},
        "results": [found | first],
        "coverage": [{"element": "E1", "results": [1]}, {"element": "E2", "results": []}],
        "warnings": ["The source uspto was searched in part."],
    }


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_report_shows_documents_quotes_coverage_queries_sources_and_warnings() -> None:
    text = as_markdown(result())
    for part in (
        "### 1. [A fan](https://example.org/a_%28b%29)",
        "US20200123456A1, 2020-04-01, uspto, score 0.50",
        "- **E1**: \u201ca fan\u201d\n- **E1**: \u201cfans\u201d",
        "| E2 | none |",
        "- `fan AND valve`",
        "- uspto: partial, 1 documents: It was slow.",
        "- The source uspto was searched in part.",
    ):
        assert part in text


def test_a_source_cannot_put_markup_into_the_report() -> None:
    text = as_markdown(result(title="<script>x</script> [a](b)\n# big | `c`"))
    assert "<script>" not in text.replace("\\<", "")
    assert "\n# big" not in text
    assert "\\[a\\](b)" in text


def test_the_chart_has_a_row_for_each_quote() -> None:
    found = rows(as_csv(result()))
    assert [(row["rank"], row["element"], row["element_text"], row["quote"]) for row in found] == [
        ("1", "E1", "a fan", "a fan"),
        ("1", "E1", "a fan", "fans"),
    ]


def test_a_document_without_a_quote_has_a_row_too() -> None:
    (row,) = rows(as_csv(result(evidence=[])))
    assert (row["title"], row["element"]) == ("A fan", "")


def test_no_cell_begins_a_formula() -> None:
    for start in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "|calc", "%x", "\uff1d1"):
        (row, _) = rows(as_csv(result(title=start)))
        assert row["title"] == f"'{start}"
    (row, _) = rows(as_csv(result(title="a=b")))
    assert row["title"] == "a=b"


def test_an_empty_result_is_a_report_too() -> None:
    empty = result() | {"results": [], "coverage": [], "elements": [], "warnings": []}
    assert "## Documents" in as_markdown(empty)
    assert len(as_csv(empty).splitlines()) == 1

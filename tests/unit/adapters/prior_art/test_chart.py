from typing import Any

import pytest
from msgspec.structs import replace

from adapters.prior_art.chart import ChartAnswer, ChartEntry, Evidence, QuotedElement, check_chart
from adapters.prior_art.plan import Element
from adapters.prior_art.references import Reference

ELEMENTS = [Element("E1", "a fan"), Element("E2", "a heat pipe")]
GIVEN = {
    "R1": Reference(
        source="openalex",
        source_id="W1",
        title="Cooling with a Fan",
        abstract="A heat  pipe touches the die.",
    ),
    "R2": Reference(source="uspto", source_id="16", title="PUMP FOR COOLANT", classes=("H01L23/46",)),
}


def entry(
    name: str = "R1", *quotes: tuple[str, str], score: float = 0.5, rationale: str = "It shows E1."
) -> ChartEntry:
    evidence = [QuotedElement(element, quote) for element, quote in quotes]
    return ChartEntry(id=name, score=score, rationale=rationale, evidence=evidence)


def checked(*entries: ChartEntry) -> Any:
    return check_chart(ChartAnswer(list(entries)), GIVEN, ELEMENTS)


def test_true_quotes_of_title_abstract_and_classes_are_kept_as_the_source_has_them() -> None:
    found = checked(
        entry("R1", ("E2", "a heat pipe touches"), ("E1", "with a fan")), entry("R2", ("E1", "h01l23/46"))
    )
    assert found.findings["R1"].evidence == (
        Evidence("E1", "with a Fan"),
        Evidence("E2", "A heat  pipe touches"),
    )
    assert found.findings["R2"].evidence == (Evidence("E1", "H01L23/46"),)
    assert found.complaint == ""


def test_an_invented_reference_is_left_out_counted_and_complained_of() -> None:
    found = checked(entry("R1"), entry("R2"), entry("R3"), entry("W1"))
    assert list(found.findings) == ["R1", "R2"]
    assert found.invented_references == 2
    assert "'R3'" in found.complaint


def test_an_invented_quote_is_left_out_counted_and_complained_of() -> None:
    found = checked(entry("R1", ("E1", "a fan of carbon fibre"), ("E2", "A heat pipe")), entry("R2"))
    assert found.findings["R1"].evidence == (Evidence("E2", "A heat  pipe"),)
    assert found.invented_quotes == 1
    assert "R1 does not say 'a fan of carbon fibre'" in found.complaint


def test_a_quote_from_another_document_is_invented() -> None:
    found = checked(entry("R1", ("E1", "pump for coolant")), entry("R2"))
    assert found.invented_quotes == 1


def test_a_quote_for_an_element_that_does_not_exist_is_left_out() -> None:
    found = checked(entry("R1", ("E9", "a heat pipe")), entry("R2"))
    assert (found.findings["R1"].evidence, found.unknown_elements) == ((), 1)


def test_a_verdict_is_complained_of_and_its_sentence_left_out() -> None:
    found = checked(entry("R1", rationale="It shows E1. The idea is not novel."), entry("R2"))
    assert found.findings["R1"].rationale == "It shows E1."
    assert (found.verdicts, "verdict" in found.complaint) == (1, True)


def test_a_document_without_an_entry_is_asked_for() -> None:
    found = checked(entry("R2"))
    assert found.missing == ["R1"]
    assert "no entry for R1" in found.complaint


def test_the_first_of_two_entries_for_one_document_counts() -> None:
    found = checked(entry("R1", score=0.9), entry("R1", score=0.1), entry("R2"))
    assert found.findings["R1"].score == 0.9


@pytest.mark.parametrize(
    "citation",
    [
        "US 9,876,543 B2",
        "10.1000/made.up",
        "arXiv:2101.00001",
        "https://example.org/paper",
        "Smith et al. (2015)",
    ],
)
def test_a_citation_in_a_rationale_that_no_source_gave_is_left_out_and_complained_of(citation: str) -> None:
    found = checked(entry("R1", rationale=f"It shows E1, as {citation} does, too."), entry("R2"))
    rationale = found.findings["R1"].rationale
    assert rationale.startswith("It shows E1, as [a citation that no source gave]")
    assert citation.split()[0] not in rationale.replace("[a citation that no source gave]", "")
    assert (found.invented_citations, "no source gave" in found.complaint) == (1, True)


def test_a_rationale_may_cite_the_documents_that_the_sources_gave() -> None:
    given = {
        "R1": replace(GIVEN["R1"], doi="10.1000/real", first_author="Ann Smith", numbers=("US20200123456",))
    }
    rationale = "Smith et al. (10.1000/real) show E1; so does US 2020/0123456."
    answer = ChartAnswer([entry("R1", rationale=rationale)])
    assert check_chart(answer, given, ELEMENTS).findings["R1"].rationale == rationale

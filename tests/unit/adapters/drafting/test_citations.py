import pytest

from adapters.drafting.citations import invented_citations
from adapters.drafting.draft import Draft
from adapters.drafting.sections import ClaimText, Code
from tests.support.spending import CountingSpending
from tests.unit.adapters.drafting.drafting import MACHINE, drafted, text_answer, texts, wanted
from tests.unit.adapters.drafting.test_repairs import for_section


def draft(text: str, **given: object) -> Draft:
    return Draft(id="d", texts={Code.BACKGROUND: text}, **{"disclosure": MACHINE, **given})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "citation",
    [
        "US 10,123,456",
        "U.S. Patent No. 10,123,456",
        "US2020/0123456",
        "US Patent Application Publication No. 2020/0123456",
        "EP 1 234 567",
        "WO 2019/123456",
        "10.1000/xyz.123",
        "arXiv:2101.00001",
        "https://example.org/boilers",
        "Miller et al. (2019)",
    ],
)
def test_a_document_that_nobody_gave_is_found_and_one_that_was_given_is_not(citation: str) -> None:
    text = f"A boiler is shown in {citation}. It rusts."
    assert invented_citations(draft(text), Code.BACKGROUND) == [citation]
    for known in (citation, citation.replace(",", "").replace("/", ""), citation.replace(" ", "\u00a0")):
        if citation.startswith(("10.", "https:")) and known != citation:
            continue
        assert invented_citations(draft(text, prior_art=[f"{known} shows a boiler."]), Code.BACKGROUND) == []
        assert invented_citations(draft(text, disclosure=f"Other than {known}."), Code.BACKGROUND) == []


def test_claims_that_the_caller_brought_may_be_cited_from_and_written_ones_may_not() -> None:
    claims = [ClaimText(1, "A pump as in US 10,123,456.")]
    text = "See US 10,123,456."
    assert invented_citations(draft(text, claims=claims, claims_are_given=True), Code.BACKGROUND) == []
    assert invented_citations(draft(text, claims=claims), Code.BACKGROUND) == ["US 10,123,456"]


@pytest.mark.parametrize(
    "text",
    [
        "The pump 14, the tank 12 and the boiler 16.",
        "Ultrasonic sensors US 10, 12, 14, 16, 18 and 20.",
        "In the US 120,000 boilers were sold.",
        "From 10 to 123456 kPa, in 2020 and 2021.",
        "An EP 12 of DE 34.",
    ],
)
def test_what_is_no_citation_is_let_be(text: str) -> None:
    assert invented_citations(draft(text), Code.BACKGROUND) == []


async def test_the_model_is_told_and_what_it_keeps_is_warned_of() -> None:
    lie, truth = text_answer("As US 10,123,456 shows."), text_answer("Boilers rust.")
    mended = CountingSpending(answers=for_section("background", lie, truth))
    result = await drafted(wanted(sections=["background"]), mended)
    assert (texts(result)["background"], result["warnings"], len(mended.asked)) == ("Boilers rust.", [], 2)
    assert "US 10,123,456" in mended.asked[1]["messages"][-1]["content"]

    kept = CountingSpending(answers=for_section("background", lie, lie, lie))
    result = await drafted(wanted(sections=["background"]), kept)
    assert "No text that was given names `US 10,123,456`" in result["warnings"][0]

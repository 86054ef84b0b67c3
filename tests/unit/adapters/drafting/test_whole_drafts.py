"""Whole applications, written by the sandbox."""

import pytest

from adapters.drafting.sections import TITLES, Code
from tests.support.spending import CountingSpending
from tests.unit.adapters.drafting.drafting import (
    ALL,
    INVENTIONS,
    MACHINE,
    asked_for,
    drafted,
    errors,
    events,
    texts,
    wanted,
)


@pytest.mark.parametrize("jurisdiction", ["US", "EP"])
@pytest.mark.parametrize("disclosure", INVENTIONS.values(), ids=INVENTIONS)
async def test_an_application_has_all_sections_and_the_checker_finds_no_error(
    disclosure: str, jurisdiction: str
) -> None:
    spending = CountingSpending()
    result = await drafted(wanted(disclosure=disclosure, jurisdiction=jurisdiction), spending)
    assert [section["code"] for section in result["sections"]] == ALL
    assert len(result["claims"]) >= 3
    assert errors(result) == []
    assert result["warnings"] == []
    assert len(spending.asked) == len(ALL)
    assert result["usage"]["llm_calls"] == len(ALL)


async def test_the_answer_has_the_fields_of_the_contract() -> None:
    result = await drafted(wanted())
    assert set(result) == {
        "id", "draft_id", "sections", "claims", "findings", "markdown", "docx_url", "warnings", "usage"
    }  # fmt: skip
    assert set(result["sections"][0]) == {"code", "title", "text"}
    assert set(result["claims"][0]) == {"number", "text", "depends_on"}
    assert result["docx_url"] == f"/api/drafting/{result['draft_id']}/docx"


async def test_dependent_claims_name_their_parents() -> None:
    result = await drafted(
        wanted(claims=["A pump.", "The pump of claim 1, wherein it is red."], sections=["claims"])
    )
    assert [claim["depends_on"] for claim in result["claims"]] == [[], [1]]


@pytest.mark.parametrize("jurisdiction", ["US", "EP"])
async def test_headings_are_those_of_the_jurisdiction(jurisdiction: str) -> None:
    result = await drafted(wanted(jurisdiction=jurisdiction))
    found = {section["code"]: section["title"] for section in result["sections"]}
    assert found == {code.value: TITLES[jurisdiction][code] for code in Code}  # type: ignore[index]
    assert f"## {TITLES[jurisdiction][Code.BACKGROUND]}\n" in result["markdown"]  # type: ignore[index]


async def test_only_european_claims_have_reference_signs() -> None:
    claims = {
        jurisdiction: texts(await drafted(wanted(jurisdiction=jurisdiction)))["claims"]
        for jurisdiction in ("US", "EP")
    }
    assert "the pump (14)" in claims["EP"]
    assert "14" not in claims["US"]


async def test_sections_may_be_asked_for_in_any_order_and_come_in_the_applications() -> None:
    spending = CountingSpending()
    result = await drafted(wanted(sections=["abstract", "claims", "title", "abstract"]), spending)
    assert [section["code"] for section in result["sections"]] == ["title", "claims", "abstract"]
    assert asked_for(spending) == ["title", "claims", "abstract"]


async def test_given_claims_stay_as_they_are_and_are_not_paid_for() -> None:
    given = ["1. A pump, wherein the valve is said.", "2. (canceled)", "3. A tank according to claim 9."]
    spending = CountingSpending()
    result = await drafted(wanted(claims=given), spending)
    assert [(claim["number"], claim["text"]) for claim in result["claims"]] == [
        (1, "A pump, wherein the valve is said."),
        (2, "(canceled)"),
        (3, "A tank according to claim 9."),
    ]
    assert "claims" not in asked_for(spending)
    assert {"antecedent_missing", "dependency_missing"} <= {finding["code"] for finding in errors(result)}


async def test_as_many_claims_and_drawings_as_may_be_given_are_checked_at_the_end() -> None:
    claims = [f"{number}. A pump{' red' * 90}." for number in range(1, 501)]
    result = await drafted(wanted(claims=claims, drawings=["FIG. 1" + " x" * 190] * 500, sections=["title"]))
    assert len(result["claims"]) == 500


async def test_findings_stand_where_they_say_in_the_answers_own_claims() -> None:
    result = await drafted(wanted(claims="1.   A pump having the valve.\n\n2. The pump of claim 7.  "))
    by_number = {claim["number"]: claim["text"] for claim in result["claims"]}
    found = [finding for finding in result["findings"] if finding["claim"]]
    assert found
    for finding in found:
        assert by_number[finding["claim"]][finding["start"] : finding["end"]] == finding["text"]


async def test_events_tell_the_work_and_end_with_the_answer() -> None:
    told = await events(wanted())
    names = [event["event"] for event in told]
    assert names[0] == "draft_started"
    assert names[-1] == "result"
    assert [event["code"] for event in told if event["event"] == "section_started"] == [
        event["code"] for event in told if event["event"] == "section_finished"
    ]
    assert all(set(event) == {"event", "code", "text"} for event in told if event["event"] == "delta")
    progress = [event["progress"] for event in told if "progress" in event]
    assert progress == sorted(progress)
    used = [event["usage"]["llm_calls"] for event in told if event["event"] == "section_finished"]
    assert used == list(range(1, 9))


async def test_deltas_are_together_the_section() -> None:
    told = await events(wanted())
    for code, text in texts(told[-1]).items():
        deltas = [event["text"] for event in told if event["event"] == "delta" and event["code"] == code]
        assert "".join(deltas) == text
        assert code == "claims" or len(deltas) > 3


async def test_equal_requests_get_equal_drafts() -> None:
    one, other = await drafted(wanted()), await drafted(wanted())
    assert one == other


async def test_a_list_of_drawings_and_prior_art_reach_the_sections() -> None:
    drawings = ["FIG. 1 is a section through the machine 10.", "FIG. 2 is a plan"]
    result = await drafted(wanted(drawings=drawings, prior_art=["US 1,234,567 shows a kettle with a float."]))
    assert texts(result)["drawings"] == "FIG. 1 is a section through the machine 10.\n\nFIG. 2 is a plan."
    assert "US 1,234,567" in texts(result)["background"]


async def test_unicode_comes_back_as_it_went_in() -> None:
    text = MACHINE.replace("FIG. 1 shows", "Das Gehäuse 10 größer als 5 µm 🫖 ist dicht. FIG. 1 shows")
    told = await events(wanted(disclosure=text))
    assert "Das Gehäuse 10 größer als 5 µm 🫖 ist dicht." in texts(told[-1])["description"]
    deltas = [event["text"] for event in told if event["event"] == "delta" and event["code"] == "description"]
    assert "🫖" in "".join(deltas)

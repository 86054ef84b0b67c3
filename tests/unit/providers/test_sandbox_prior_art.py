import msgspec

from adapters.prior_art.chart import ChartAnswer
from adapters.prior_art.plan import PlanAnswer
from providers.sandbox.prior_art import chart, plan

CLAIM = "1. A cooler comprising a vapor chamber, a fan with blades, and a pump that drives a coolant."
DOCUMENT = "Title: Fans for coolers\nClasses: H01L23/46\nAbstract: A fan has blades. It stands on a pump."


def test_elements_are_the_clauses_and_queries_their_words() -> None:
    found = msgspec.convert(plan({"claims": CLAIM}), PlanAnswer)
    assert found.elements == [
        "A cooler",
        "a vapor chamber",
        "a fan with blades",
        "a pump",
        "drives a coolant",
    ]
    assert [group[0] for group in found.queries[1].groups] == ["fan blades", "pump"]
    assert found.queries[0].groups[0][1] == "vapor chamber"


def test_a_dependent_claim_adds_what_it_says_and_not_how_it_begins() -> None:
    claims = f"{CLAIM}\n2. The cooler of claim 1, wherein the fan is made of copper."
    assert plan({"claims": claims})["elements"][-1] == "the fan is made of copper"
    assert not any("claim" in element for element in plan({"claims": claims})["elements"])


def test_any_text_has_a_plan() -> None:
    for text in ("", "...", "x", "the and of", "\u96fb\u6c60", "word " * 3_000, "1. 2. 3."):
        msgspec.convert(plan({"query": text}), PlanAnswer)


def test_a_chart_quotes_the_documents_own_words() -> None:
    entries = msgspec.convert(
        chart({"elements": "E1: a fan with blades\nE2: a vapor chamber", "about": CLAIM, "R1": DOCUMENT}),
        ChartAnswer,
    ).results
    assert [(entry.id, [(one.element, one.quote) for one in entry.evidence]) for entry in entries] == [
        ("R1", [("E1", "A fan has blades.")])
    ]
    assert 0 < entries[0].score < 1


def test_it_lies_on_request() -> None:
    about = "sandbox:invented-reference sandbox:invented-quote sandbox:verdict"
    first, second = chart({"elements": "E1: a fan", "about": about, "R1": DOCUMENT})["results"]
    assert second["id"] == "R99"
    assert first["evidence"][-1]["quote"] not in DOCUMENT
    assert "not novel" in first["rationale"]

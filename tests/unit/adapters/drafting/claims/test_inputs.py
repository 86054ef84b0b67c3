"""How claims come, and what is refused."""

import pytest

from adapters.drafting.claims import check_claims, split_claims, term_support
from metering.errors import InvalidRequest


def numbered(text: str | list[str]) -> list[tuple[int, str]]:
    return [(claim.number, claim.text) for claim in split_claims(text)]


def test_one_text_is_cut_at_the_lines_that_begin_with_a_number() -> None:
    text = "What is claimed is:\n1. A pump,\nwith a rotor.\n2) The pump of claim 1.\nClaim 3: A valve.\n 4 . A seal."
    assert numbered(text) == [
        (1, "A pump,\nwith a rotor."),
        (2, "The pump of claim 1."),
        (3, "A valve."),
        (4, "A seal."),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "## Claims\n\n1\\. A pump.\n\n2\\. The pump of claim 1.\n",
        "**1.** A pump.\n**2.** The pump of claim 1.",
    ],
)
def test_claims_may_be_markdown_such_as_a_draft_s_own(text: str) -> None:
    assert numbered(text) == [(1, "A pump."), (2, "The pump of claim 1.")]


def test_a_heading_before_the_first_number_is_no_claim() -> None:
    assert numbered("What is claimed is: 1. A pump.") == [(1, "A pump.")]


def test_numbered_steps_in_lower_case_belong_to_their_claim() -> None:
    assert numbered("1. A method comprising:\n1. heating;\n2. cooling.\n2. The method of claim 1.") == [
        (1, "A method comprising:\n1. heating;\n2. cooling."),
        (2, "The method of claim 1."),
    ]


def test_items_of_a_list_without_numbers_are_counted() -> None:
    assert numbered(["A pump.", "  The pump of claim 1.\n"]) == [(1, "A pump."), (2, "The pump of claim 1.")]


def test_an_item_of_a_list_may_bear_its_number() -> None:
    assert numbered(["1. A pump.", "3. A valve.", "A seal."]) == [
        (1, "A pump."),
        (3, "A valve."),
        (4, "A seal."),
    ]


def test_the_status_of_an_amended_claim_is_no_part_of_its_text() -> None:
    assert numbered("1. (Currently Amended) A pump.\n2. (Canceled)") == [(1, "A pump."), (2, "")]


def test_offsets_are_those_of_the_claims_own_text() -> None:
    [finding] = check_claims("1. A pump.\n2. The pump of claim 1, wherein the rotor turns.")
    [_, claim] = split_claims("1. A pump.\n2. The pump of claim 1, wherein the rotor turns.")
    assert (finding.claim, claim.text[finding.start : finding.end]) == (2, "the rotor")


def test_findings_come_by_claim_and_place() -> None:
    findings = check_claims(
        "1. A pump with the rotor. And\n2. The pump of claim 2 with the rotor", abstract="a " * 151
    )
    places = [(finding.claim, finding.start) for finding in findings]
    assert [claim for claim, _ in places] == [1, 1, 1, 2, 2, 2, None]
    assert places[:-1] == sorted(places[:-1])


def test_the_support_of_each_term_is_counted() -> None:
    claims = split_claims("1. A pump comprising a steel rotor and at least one valve seat.")
    description = "The steel rotor turns. Steel rotors wear. The valve  seat does not."
    assert [(one.term, one.count) for one in term_support(claims, description)] == [
        ("pump", 0),
        ("steel rotor", 2),
        ("valve seat", 1),
    ]


@pytest.mark.parametrize(
    ("param", "options"),
    [
        ("claims", {"claims": ["A pump."] * 501}),
        ("claims", {"claims": "\n".join(f"{number}. A pump." for number in range(1, 502))}),
        ("claims", {"claims": "x" * 200_001}),
        ("claims", {"claims": ["x" * 100_001] * 2}),
        ("claims", {"claims": ""}),
        ("claims", {"claims": []}),
        ("description", {"description": "x" * (2 * 1024 * 1024 + 1)}),
        ("description", {"description": "é" * (1024 * 1024 + 1)}),
        ("abstract", {"abstract": "x" * 20_001}),
        ("drawings", {"drawings": ["x"] * 501}),
        ("drawings", {"drawings": ["x" * 200_001]}),
        ("jurisdiction", {"jurisdiction": "JP"}),
    ],
)
def test_too_much_is_refused_and_named(param: str, options: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        check_claims(**{"claims": "1. A pump.", **options})  # type: ignore[arg-type]
    assert refused.value.param == param


def test_as_much_as_is_allowed_is_taken() -> None:
    claims = "\n".join(f"{number}. A pump comprising a rotor." for number in range(1, 501))
    assert check_claims(claims, description="A pump has a rotor.") == []

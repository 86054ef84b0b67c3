"""What holds for any text whatever."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.drafting.claims import RULES, check_claims, split_claims
from adapters.drafting.claims.bounds import MAX_FINDINGS
from metering.errors import InvalidRequest

WORDS = (
    *[
        "the",
        "a",
        "said",
        "at",
        "least",
        "one",
        "of",
        "claim",
        "claims",
        "1",
        "2",
        "3",
        "to",
        "or",
        "and",
        "any",
        "preceding",
        "wherein",
        "comprising",
        "sensor",
        "sensors",
        "first",
        "second",
        "housing",
        "plurality",
        "(",
        ")",
        "(s)",
        "(12)",
        ".",
        ",",
        ";",
        ":",
        "means",
        "for",
        "e.g.",
        "sensor's",
        "source/drain",
        "detecting",
        "detected",
        "detects",
        "resulting",
        "overall",
        "further",
        "plate",
        "respective",
    ],
    "\n",
    " ",
    "\n1. ",
    "\n2. ",
    "\n3. ",
)
TEXTS = st.text(max_size=300) | st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join)
GENEROUS_S = 20.0
"""What takes tens of milliseconds to two seconds here; a quadratic step would take minutes."""


def findings_of(claims: str | list[str], **options: str) -> list:  # type: ignore[type-arg]
    try:
        return check_claims(claims, **options)  # type: ignore[arg-type]
    except InvalidRequest:
        return []


@given(
    claims=TEXTS | st.lists(TEXTS, max_size=5),
    description=TEXTS,
    abstract=TEXTS,
    jurisdiction=st.sampled_from(["US", "EP"]),
)
def test_every_finding_is_of_a_known_code_and_at_a_place_in_its_text(
    claims: str | list[str], description: str, abstract: str, jurisdiction: str
) -> None:
    findings = findings_of(claims, description=description, abstract=abstract, jurisdiction=jurisdiction)
    texts: dict[int | None, list[str]] = {None: [abstract]}
    for claim in split_claims(claims) if findings else []:
        texts.setdefault(claim.number, []).append(claim.text)
    for finding in findings:
        assert finding.code in RULES
        assert finding.suggestion
        assert any(
            0 <= finding.start <= finding.end <= len(text)
            and text[finding.start : finding.end] == finding.text
            for text in texts[finding.claim]
        )


@given(claims=TEXTS)
def test_the_same_claims_get_the_same_findings_in_the_same_order(claims: str) -> None:
    assert findings_of(claims) == findings_of(claims)


@given(parts=st.lists(st.text(alphabet="abc .,;:()\n1", max_size=40), min_size=1, max_size=4))
def test_a_list_and_its_numbered_text_are_the_same_claims(parts: list[str]) -> None:
    items = [f"A thing {part.replace(chr(10), ' ')} x." for part in parts]
    text = "\n".join(f"{number}. {item}" for number, item in enumerate(items, 1))
    assert split_claims(items) == split_claims(text)


def filled(piece: str) -> str:
    return (piece * (190_000 // len(piece) + 1))[:190_000]


HOSTILE = {
    "one term": filled("a red sensor and the blue sensor, "),
    "many terms": "1. " + " ".join(f"a sensor{place} of the sensor{place + 1}x," for place in range(5_000)),
    "many terms of a noun": "1. "
    + " ".join(f"a q{place} sensor the r{place} sensor" for place in range(5_500)),
    "references": "9. The pump of " + filled("claims 1-9999, "),
    "things of claims": filled("the part of claim 1, "),
    "of one of": filled("of any one of ") + " claim 1",
    "full stops": filled("a."),
    "brackets": filled("sensor ("),
    "hyphens": filled("a-"),
    "one word": "a" * 190_000,
    "joints": filled("the first and "),
    "a chain": "1. A pump.\n"
    + "\n".join(
        f"{place}. The pump of claim {place - 1}, with a p{place} and the p{place - 2}."
        for place in range(2, 501)
    ),
    "all preceding": "1. A pump.\n"
    + "\n".join(
        f"{place}. The pump of any preceding claim, with a p{place} and the p{place - 2}."
        for place in range(2, 501)
    ),
    "headings": filled("what is claimed is "),
    "possessives": filled("the pump's "),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
def test_a_text_made_to_be_slow_is_read_in_little_time(text: str) -> None:
    begin = process_time()
    assert len(findings_of(text)) <= MAX_FINDINGS
    assert process_time() - begin < GENEROUS_S


def test_of_too_many_findings_the_gravest_remain() -> None:
    text = "1. A pump, " + "such as this, " * 3_000 + "wherein the rotor turns"
    findings = check_claims(text)
    assert len(findings) == MAX_FINDINGS
    assert [finding.code for finding in findings if finding.severity == "error"] == [
        "antecedent_missing",
        "single_sentence",
    ]

"""What callers may send."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.drafting.adapter import DraftingAdapter
from adapters.drafting.request import DraftInput, read_input
from adapters.drafting.sections import Code
from metering.errors import InvalidRequest
from tests.unit.adapters.drafting.drafting import MACHINE, wanted

ID = "01890000-0000-7000-8000-000000000001"


def test_a_disclosure_is_enough() -> None:
    assert read_input({"disclosure": "A pump."}) == DraftInput(disclosure="A pump.")


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({}, "disclosure"),
        ({"disclosure": "  \n"}, "disclosure"),
        ({"disclosure": 7}, "disclosure"),
        ({"disclosure": "A", "jurisdiction": "JP"}, "jurisdiction"),
        ({"disclosure": "A", "sections": []}, "sections"),
        ({"disclosure": "A", "sections": ["intro"]}, "sections[0]"),
        ({"disclosure": "A", "sections": ["title"] * 9}, "sections"),
        ({"disclosure": "A", "drawings": "FIG. 1"}, "drawings"),
        ({"disclosure": "A", "drawings": [1]}, "drawings[0]"),
        ({"disclosure": "A", "prior_art": ["x"] * 501}, "prior_art"),
        ({"disclosure": "A", "claims": {"1": "A"}}, "claims"),
        ({"disclosure": "A" * 2_000_001}, "disclosure"),
        ({"disclosure": "A", "draft_id": "7"}, "draft_id"),
        ({"disclosure": "A", "language": "de"}, "language"),
        ({"draft_id": ID, "disclosure": "A"}, "disclosure"),
        ({"draft_id": ID, "claims": ["A pump."]}, "claims"),
        ({"draft_id": ID, "drawings": ["FIG. 1"]}, "drawings"),
        ({"draft_id": ID, "prior_art": ["A"]}, "prior_art"),
        ({"draft_id": ID, "jurisdiction": "EP"}, "jurisdiction"),
    ],
)
def test_what_is_wrong_is_named(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_input(fields)
    assert caught.value.param == param
    assert caught.value.message.endswith((".", "?"))


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"claims": " \n"}, "claims"),
        ({"claims": ["A pump."] * 500 + ["A."]}, "claims"),
        ({"claims": ["A pump " * 40_000]}, "claims"),
        ({"claims": ["A" * 100_000] * 2}, "claims"),
        ({"drawings": ["x" * 200_001]}, "drawings"),
    ],
)
def test_what_the_claim_checker_could_not_read_is_refused_before_anything_is_spent(
    fields: dict[str, Any], param: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        DraftingAdapter().opening(wanted(**fields))
    assert caught.value.param == param


def test_the_first_call_has_all_that_the_caller_gave() -> None:
    long = "x" * 90_000
    request = wanted(disclosure=f"{MACHINE} {long}", drawings=["FIG. 7"], prior_art=["A kettle."])
    opening = DraftingAdapter().opening(request)
    text = opening["messages"][1]["content"]
    assert all(given in text for given in (long, "FIG. 7", "A kettle."))


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({}, "draft_title"),
        ({"sections": ["abstract", "field"]}, "draft_field"),
        ({"sections": ["claims"], "claims": "A pump."}, "draft_title"),
        ({"draft_id": ID, "sections": ["description"]}, "draft_description"),
    ],
)
def test_the_first_call_is_that_of_the_first_section_that_is_written(
    fields: dict[str, Any], name: str
) -> None:
    opening = DraftingAdapter().opening(wanted(**fields))
    assert opening["response_format"]["json_schema"]["name"] == name


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
FIELDS = ["disclosure", "claims", "drawings", "prior_art", "sections", "jurisdiction", "draft_id"]


@given(st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), JSON, max_size=5))
def test_any_object_is_read_or_refused(body: dict[str, Any]) -> None:
    with suppress(InvalidRequest):
        request = read_input(body)
        assert request.draft_id or (request.disclosure or "").strip()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"jurisdiction": "JP"}, "jurisdiction: 'JP' is none of EP, US."),
        (
            {"sections": ["title", "intro"]},
            f"sections[1]: 'intro' is none of {', '.join(Code)}.",
        ),
    ],
)
def test_a_choice_that_there_is_not_is_answered_with_those_that_there_are(
    fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_input({"disclosure": "A pump.", **fields})
    assert caught.value.message == message

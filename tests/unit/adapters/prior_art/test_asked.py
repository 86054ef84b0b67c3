from typing import Any

import pytest

from adapters.prior_art.asked import MAX_CLAIMS, MAX_TEXT_CHARACTERS, TOP_K, Scope, read_asked
from metering.errors import InvalidRequest


@pytest.mark.parametrize("kind", ["query", "abstract", "claims", "disclosure"])
def test_each_kind_of_text_is_enough(kind: str) -> None:
    asked = read_asked({kind: " a heat pipe "}, {})
    assert (asked.kind, asked.text, asked.top_k, asked.sources) == (kind, "a heat pipe", TOP_K, ())


def test_claims_may_be_a_list() -> None:
    assert read_asked({"claims": ["1. A fan.", "2. The fan of claim 1."]}, {}).text.count("\n") == 1


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({}, "query"),
        ({"query": "a", "claims": "b"}, "claims"),
        ({"query": ""}, "query"),
        ({"query": "--"}, "query"),
        ({"query": ["a"]}, "query"),
        ({"claims": ["a", 1]}, "claims"),
        ({"query": "a", "limit": 3}, "limit"),
        ({"query": "a", "date_from": "2020"}, "date_from"),
        ({"query": "a", "date_from": "20200101"}, "date_from"),
        ({"query": "a", "date_to": "2020-02-30"}, "date_to"),
        ({"query": "a", "date_to": 2020}, "date_to"),
        ({"query": "a", "date_from": "2021-01-01", "date_to": "2020-12-31"}, "date_from"),
        ({"query": "a", "cpc": "H01L"}, "cpc"),
        ({"query": "a", "cpc": ["H01L", "I01L"]}, "cpc"),
        ({"query": "a", "cpc": ["H01L*"]}, "cpc"),
        ({"query": "a", "cpc": ["H01L"] * 11}, "cpc"),
        ({"query": "a", "sources": []}, "sources"),
        ({"query": "a", "sources": "openalex"}, "sources"),
        ({"query": "a", "top_k": 0}, "top_k"),
        ({"query": "a", "top_k": True}, "top_k"),
        ({"query": "a", "top_k": 101}, "top_k"),
    ],
)
def test_bad_input_names_its_field(given: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_asked(given, {})
    assert refused.value.param == param


def test_too_many_claims_are_told_how_many_there_may_be() -> None:
    with pytest.raises(InvalidRequest, match="500"):
        read_asked({"claims": ["a"] * (MAX_CLAIMS + 1)}, {})


def test_top_k_is_allowed_exactly_up_to_its_limit() -> None:
    limits = {"retrieval_top_k": 7}
    assert read_asked({"query": "a", "top_k": 7}, limits).top_k == 7
    with pytest.raises(InvalidRequest, match="retrieval_top_k"):
        read_asked({"query": "a", "top_k": 8}, limits)


def test_without_top_k_the_limit_counts_if_it_is_lower() -> None:
    assert read_asked({"query": "a"}, {"retrieval_top_k": 3}).top_k == 3
    assert read_asked({"query": "a"}, {"retrieval_top_k": 30}).top_k == TOP_K


def test_classes_are_read_in_any_spelling_and_once() -> None:
    asked = read_asked({"query": "a", "cpc": ["h01l 23/34", "H01L23/34", "B64", "Y02E"]}, {})
    assert asked.scope.classes == ("H01L23/34", "B64", "Y02E")


def test_a_long_text_is_cut_and_says_so() -> None:
    asked = read_asked({"disclosure": "a" * (MAX_TEXT_CHARACTERS + 1)}, {})
    assert (len(asked.text), asked.is_cut) == (MAX_TEXT_CHARACTERS, True)
    assert not read_asked({"disclosure": "a" * MAX_TEXT_CHARACTERS}, {}).is_cut


@pytest.mark.parametrize(
    ("day", "inside"),
    [("2019-12-31", False), ("2020-01-01", True), ("2021-06-30", True), ("2021-07-01", False), ("2020", True),
     ("2019", False), ("2021", True), ("2022", False), ("", True)],
)  # fmt: skip
def test_a_scope_has_the_days_of_its_span(day: str, inside: bool) -> None:
    assert Scope(date_from="2020-01-01", date_to="2021-06-30").has(day) is inside

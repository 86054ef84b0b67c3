from hypothesis import given
from hypothesis import strategies as st

from adapters.prior_art.queries import MAX_GROUPS, MAX_TERM_CHARACTERS, MAX_TERMS, make_query


def test_groups_are_joined_by_and_and_their_words_by_or() -> None:
    query = make_query([["heat pipe", "thermosiphon"], ["fan"]])
    assert str(query) == '("heat pipe" OR thermosiphon) AND fan'


def test_no_sign_or_operator_of_a_search_language_comes_through() -> None:
    query = make_query([['fan") OR (title:*', "NOT", "a AND b", "field:x"], ["", "  ", "~*?"]])
    assert query is not None
    assert query.groups == (("fan or title", "not", "a and b", "field x"),)


def test_accents_written_apart_stay_on_their_letters() -> None:
    query = make_query([["cafe\u0301 noir"]])
    assert query is not None
    assert query.groups == (("caf\u00e9 noir",),)


def test_nothing_makes_no_query() -> None:
    assert make_query([["***"], []]) is None


def test_equal_words_and_groups_stand_once() -> None:
    query = make_query([["Fan", "fan"], ["FAN "]])
    assert query is not None
    assert query.groups == (("fan",),)


@given(st.lists(st.lists(st.text(max_size=80), max_size=10), max_size=8))
def test_whatever_a_model_says_the_query_is_bounded_and_plain(groups: list[list[str]]) -> None:
    query = make_query(groups)
    if query is None:
        return
    assert 1 <= len(query.groups) <= MAX_GROUPS
    for group in query.groups:
        assert 1 <= len(group) <= MAX_TERMS
        for term in group:
            assert 0 < len(term) <= MAX_TERM_CHARACTERS
            assert all(sign.isalnum() or sign in " -" or not sign.isascii() for sign in term)
            assert term == term.strip(" -") == term.casefold()

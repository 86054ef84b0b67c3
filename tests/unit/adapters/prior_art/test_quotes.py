from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.prior_art.quotes import MAX_QUOTE_CHARACTERS, QuotedText


def find_quote(quote: str, text: str) -> str:
    return QuotedText(text).find(quote)


TEXT = (
    "A non\u2011invasive \u201csmart\u201d sensor measures the pa\u00adtient\u2019s blood \ufb02ow "
    "at 20\u201330 Hz \u2014 caf\u00e9 included."
)


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("A non-invasive", "A non\u2011invasive"),
        ('"smart" sensor', "smart\u201d sensor"),
        ("'smart' SENSOR  measures", "smart\u201d sensor measures"),
        ("the patient's blood flow", "the pa\u00adtient\u2019s blood \ufb02ow"),
        ("at 20-30 hz", "at 20\u201330 Hz"),
        ("cafe\u0301 included.", "caf\u00e9 included"),
        ("\u201cthe patient\u2019s blood\u201d\u2026", "the pa\u00adtient\u2019s blood"),
        ("blood\nflow at", "blood \ufb02ow at"),
    ],
)
def test_a_quote_is_returned_as_the_text_has_it(quote: str, found: str) -> None:
    assert find_quote(quote, TEXT) == found
    assert found in TEXT


@pytest.mark.parametrize(
    "quote",
    [
        "measures the blood",  # words left out
        "sensor ... blood flow",
        "ensor measures",  # begins inside a word
        "sensor measur",
        "cafe included",  # another word
        "Hz",  # too short to be evidence
        "",
        "...",
        "x" * 5_000,
    ],
)
def test_what_the_text_does_not_say_is_no_quote(quote: str) -> None:
    assert find_quote(quote, TEXT) == ""


def test_a_word_ends_after_its_accents() -> None:
    assert find_quote("with the cafe", "with the cafe\u0301 society") == ""


def test_a_later_place_counts_where_an_earlier_one_ends_inside_a_word() -> None:
    assert find_quote("heat sink", "A heat sinking compound and a heat sink.") == "heat sink"


def test_a_quote_is_no_longer_than_its_bound() -> None:
    text = "word " * 200
    assert find_quote("word " * 70, text)
    assert find_quote("word " * 90, text) == ""


@given(st.text(min_size=1, max_size=200), st.data())
def test_what_is_found_is_always_part_of_the_text(text: str, data: st.DataObject) -> None:
    quote = data.draw(
        st.one_of(st.text(max_size=60), st.sampled_from([text, text.upper(), normalize("NFKD", text)]))
    )
    found = find_quote(quote, text)
    assert found in text
    assert len(found) <= MAX_QUOTE_CHARACTERS


WORD = st.text(alphabet="abcdefgh\u00e9\u00fc-", min_size=3, max_size=8).filter(
    lambda word: word.strip("-") == word
)


@given(st.lists(WORD, min_size=4, max_size=20), st.data())
def test_whole_words_of_a_text_are_found_however_they_are_typed(
    words: list[str], data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(words) - 3))
    part = words[start : start + 3]
    typed = "  ".join(part).upper().replace("-", "\u2013")
    found = find_quote(typed, " ".join(words))
    assert found.split() == part


@given(st.lists(WORD, min_size=1, max_size=10))
def test_a_word_that_the_text_has_not_is_never_found(words: list[str]) -> None:
    assert find_quote(f"{words[0]} zzzzzzz", " ".join(words)) == ""

"""Whatever somebody wrote: a terminal that shows it does nothing but show it."""

import json
import unicodedata

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_client.cli.clean import clean, clean_json, clean_lines

SIGNS = st.one_of(
    st.characters(), st.sampled_from("\x1b\x9b\x9d\x07\r\x08\x7f\u202e\u2066[]0;2J?25lhmc31"), st.just("\n")
)
TEXTS = st.text(SIGNS, max_size=40)
TURNS = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")


def is_obeyed(sign: str) -> bool:
    return unicodedata.category(sign) == "Cc" or sign in TURNS


@given(TEXTS)
def test_a_cleaned_line_is_one_line_of_what_can_be_read(text: str) -> None:
    assert not any(is_obeyed(sign) for sign in clean(text))


@given(TEXTS)
def test_cleaned_lines_keep_their_ends_and_all_that_can_be_read(text: str) -> None:
    cleaned = clean_lines(text)
    assert not any(is_obeyed(sign) and sign not in "\n\t\u2028\u2029" for sign in cleaned)
    assert [sign for sign in cleaned if not is_obeyed(sign)] == [sign for sign in text if not is_obeyed(sign)]
    assert cleaned.count("\n") == text.count("\n")


@given(TEXTS)
def test_cleaned_json_says_the_same_and_sends_nothing(text: str) -> None:
    cleaned = clean_json(json.dumps({"title": text}, ensure_ascii=False))
    assert json.loads(cleaned) == {"title": text}
    assert not any(is_obeyed(sign) for sign in cleaned)


@pytest.mark.parametrize(
    "text",
    [
        "\x1b]0;owned\x07",
        "\x1b[2J",
        "\x9b31m",
        "\x1b[?1049h",
        "\x1bc",
        "first\rowned",
        "\x1b]8;;http://x\x1b\\",
    ],
)
def test_a_terminal_s_title_colours_and_cursor_stay_as_they_were(text: str) -> None:
    screen = pyte.Screen(80, 3)
    stream = pyte.Stream(screen)
    stream.feed("before ")
    stream.feed(clean(text))
    assert screen.display[0].startswith("before ")
    assert (screen.title, screen.cursor.attrs.fg, screen.cursor.y) == ("", "default", 0)

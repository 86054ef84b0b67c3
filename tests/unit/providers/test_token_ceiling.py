# ruff: noqa: RUF001
"""A text's ceiling is never below what OpenAI's own tokenizer counts, whatever stands around the text.

The second opinion is tiktoken 0.14: fixtures/tokens/o200k_base.json has what it counts of each text.
"""

import base64
import hashlib
import json
from pathlib import Path

import pytest
import splintr
from hypothesis import given
from hypothesis import strategies as st

from metering.traits import TOKENIZERS
from providers.token_ceiling import KNOWN, STRIDE, text_ceiling
from providers.token_counting import ENCODING, count_tokens
from tests.properties import thorough

COUNTED: list[tuple[str, int]] = json.loads(Path("fixtures/tokens/o200k_base.json").read_text())
PUBLISHED_SHA256 = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
"""Of o200k_base.tiktoken, as tiktoken itself checks it (tiktoken_ext/openai_public.py)."""
TOKENS = 199_998
TOKENIZER = splintr.Tokenizer.from_pretrained(ENCODING)
SCRIPTS = (
    *("abcdefghij", "ABCDEF", "0123456789", " \n\t\r", ".,;:!?()'\"-_/\\<>|{}[]", "äöüßéñ"),
    *(
        "абвгд",
        "的是在不了有和人",
        "。，、；：？！「」",
        "ひらがなカタカナ",
        "한국어",
        "العربية",
        "हिन्दी",
        "ไทย",
    ),
    *("😀🎉👩\u200d🏳\ufe0f", "e\u0323\u0301o\u0302", "½²Ⅷ①", "\u200b\u00a0\u2028\ufeffſ"),
)
WORDS = st.one_of(
    *(st.text(alphabet, min_size=1, max_size=12) for alphabet in SCRIPTS),
    st.sampled_from(["the ", "don't ", "'s", "'S ", "\n\n", "    ", "//", "/\n/", "1,234.56 ", "__init__"]),
)
TEXTS = st.lists(WORDS, max_size=40).map("".join)
LONG_TEXTS = st.builds(
    lambda text, times: text * times, TEXTS.filter(lambda text: len(text) > 20), st.integers(50, 400)
)


def ceiling(text: str) -> int:
    tokens = text_ceiling(ENCODING, text)
    assert tokens is not None
    return tokens


def exactly(text: str) -> int:
    """Without the cuts of `count_tokens`, which may add tokens to a long text."""
    return len(TOKENIZER.encode_ordinary(text))


def size(text: str) -> int:
    return len(text.encode())


def test_the_vocabulary_is_the_published_one() -> None:
    lines = [
        base64.b64encode(bytes(TOKENIZER.decode_token_bytes(place))) + b" %d\n" % place
        for place in range(TOKENS)
    ]
    assert hashlib.sha256(b"".join(lines)).hexdigest() == PUBLISHED_SHA256


def test_what_a_trait_may_name_is_what_is_known() -> None:
    assert set(TOKENIZERS) == KNOWN


def test_texts_count_what_openais_own_tokenizer_counts() -> None:
    assert [text for text, tokens in COUNTED if count_tokens(text) != tokens] == []


def test_a_ceiling_is_between_the_count_and_the_bytes() -> None:
    assert [text for text, tokens in COUNTED if not tokens <= ceiling(text) <= size(text)] == []


@thorough(150)
@given(before=TEXTS, text=TEXTS | LONG_TEXTS, after=TEXTS)
def test_a_ceiling_holds_whatever_stands_around_the_text(before: str, text: str, after: str) -> None:
    """A vendor's template may stand directly around a text, or another part of the same message."""
    assert exactly(before + text + after) <= size(before) + ceiling(text) + size(after)


@pytest.mark.parametrize(
    ("before", "text", "after"),
    [
        ("a", "transactions end.", ""),
        ("g", "however end.", ""),
        ("", "it through", "e"),
        ("", "it because", "d"),
    ],
)
def test_a_word_at_an_edge_may_be_a_part_of_a_longer_one_that_counts_more(
    before: str, text: str, after: str
) -> None:
    whole, counted = exactly(before + text + after), exactly(text)
    assert whole > counted + size(before) + size(after), "it is an example of it"
    assert whole <= ceiling(text) + size(before) + size(after)


@pytest.mark.parametrize(
    "text", ["so don't, ", "word_by_word ", "1234567890 ", "я не знаю, ", "天気がいい。", "a//b\n/c "]
)
def test_the_cuts_inside_a_long_text_add_and_lose_nothing(text: str) -> None:
    text = "it " + text * STRIDE + "is"
    assert exactly(text) <= ceiling(text) <= exactly(text) + size(text[:20] + text[-20:])


def test_a_text_of_words_counts_a_fraction_of_its_bytes() -> None:
    text = "The gateway holds the worst case of a call before it is sent. " * 1_000
    assert ceiling(text) < size(text) / 4


def test_a_text_without_spaces_counts_a_fraction_of_its_bytes_if_it_has_marks() -> None:
    text = "我们在发送请求之前保留最坏情况的费用，并在之后收取实际费用。" * 1_000
    assert ceiling(text) < size(text) / 3


@pytest.mark.parametrize(
    "text", ["", "word", "a" * 20, "x<|endoftext|>y " * 50, "YWJj" * STRIDE, "\ud800 half of a pair"]
)
def test_what_cannot_be_counted_for_sure_counts_its_bytes(text: str) -> None:
    assert ceiling(text) <= len(text.encode("utf-8", "surrogatepass"))
    assert ceiling(text) >= len(text.encode("utf-8", "surrogatepass")) - 14


def test_of_another_tokenizer_nothing_is_known() -> None:
    assert text_ceiling("cl100k_base", "hello") is None

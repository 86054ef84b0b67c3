import json
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapters.drafting.text_reader import TextReader

TEXTS = st.text(max_size=40) | st.text('"\\{}[]:,text\u00e9\U0001f600 \n', max_size=40)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS | st.just("text"), inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(TEXTS.filter(lambda key: key != "text"), VALUES, max_size=3)


def read(document: str, cuts: list[int]) -> str:
    reader = TextReader()
    places = sorted({0, len(document), *(cut % (len(document) + 1) for cut in cuts)})
    return "".join(reader.add(document[start:end]) for start, end in pairwise(places))


@given(before=OBJECTS, text=TEXTS, after=OBJECTS, cuts=st.lists(st.integers(0, 10_000)), plain=st.booleans())
def test_the_text_of_any_object_is_told_whole_however_it_is_cut(
    before: dict[str, Any], text: str, after: dict[str, Any], cuts: list[int], plain: bool
) -> None:
    after = {key: value for key, value in after.items() if key not in before}
    document = json.dumps(
        {**before, "text": text, **after}, ensure_ascii=not plain, indent=None if plain else 1
    )
    assert read(document, cuts) == text.strip()


@given(document=OBJECTS.map(json.dumps), cuts=st.lists(st.integers(0, 10_000)))
def test_an_object_without_a_text_tells_nothing(document: str, cuts: list[int]) -> None:
    assert read(document, cuts) == ""


@given(rubbish=TEXTS | st.binary(max_size=60).map(lambda raw: raw.decode("utf-8", "replace")))
def test_rubbish_raises_nothing(rubbish: str) -> None:
    read(f'{{"text": "{rubbish}', list(range(100)))
    read(rubbish, list(range(100)))


def test_each_piece_is_told_as_soon_as_it_is_there() -> None:
    reader = TextReader()
    pieces = ['{"te', 'xt" ', ': "A pu', "mp", " ", "14\\", "n", "\\ud83d", '\\ude00"', ', "x": "no"}']
    assert [reader.add(piece) for piece in pieces] == [
        "",
        "",
        "A pu",
        "mp",
        "",
        " 14",
        "",
        "",
        "\n\U0001f600",
        "",
    ]


def test_a_fence_before_the_object_does_no_harm() -> None:
    assert read('```json\n{"text": "A pump."}\n```', [3, 9]) == "A pump."


def test_what_stands_in_an_object_that_is_given_as_the_text_is_not_told() -> None:
    assert read('{"text": {"a": "no"}}', []) == ""


def test_a_text_inside_another_object_or_value_is_not_the_text() -> None:
    assert read('{"a": {"text": "no"}, "b": "\\"text\\": \\"no\\"", "text": "yes"}', []) == "yes"

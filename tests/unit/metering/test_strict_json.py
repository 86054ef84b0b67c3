"""JSON in which a member that occurs twice is refused with both places."""

import pytest

from metering.strict_json import MemberTwice, read_json


@pytest.mark.parametrize(
    "text", ["1", "null", '""', "[]", "{}", '{"a": [{"b": 1}, {"b": 1}], "c": {"a": 1.5}}']
)
def test_what_says_everything_once_is_read(text: str) -> None:
    assert read_json(text) == eval(text, {"null": None})  # noqa: S307 # the same in Python


@pytest.mark.parametrize(
    ("text", "path", "places"),
    [
        ('{"a": 1, "b": 2, "a": 1}', "a", (1, 3)),
        ('{"x": [0, {"b": 1, "b": 2}]}', "x.1.b", (1, 2)),
        ('{"x": {"b": 1, "b": 2}, "x": {}}', "x", (1, 2)),
        ('{"a": 1, "\\u0061": 2}', "a", (1, 2)),
    ],
)
def test_a_member_that_occurs_twice_is_refused(text: str, path: str, places: tuple[int, int]) -> None:
    with pytest.raises(MemberTwice) as refused:
        read_json(text)
    assert refused.value.path == path
    assert f"as members {places[0]} and {places[1]} " in str(refused.value)


@pytest.mark.parametrize("text", ["", "{", "NaN", "[Infinity]", "{'a': 1}"])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_json(text)

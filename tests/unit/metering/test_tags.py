import unicodedata

import pytest

from metering.errors import InvalidRequest
from metering.tags import MAX_TAGS, merge_tags, read_tag, read_tags

TWO = ("cost-centre=7", "project=apollo")


@pytest.mark.parametrize(
    "given",
    [
        "project=apollo,cost-centre=7",
        " cost-centre = 7 , project=apollo,",
        {"project": "apollo", "cost-centre": "7"},
        ["project=apollo", "cost-centre=7"],
        ["cost-centre=7", "project=apollo", "project=apollo"],
        TWO,
    ],
)
def test_tags_have_one_form_however_they_are_written(given: object) -> None:
    assert read_tags(given, "metadata.tags") == TWO


@pytest.mark.parametrize("given", ["", " ", ",", {}, [], ()])
def test_nothing_is_no_tag(given: object) -> None:
    assert read_tags(given, "metadata.tags") == ()


def test_a_value_is_composed_and_may_contain_equals_signs() -> None:
    decomposed = unicodedata.normalize("NFD", "Büro=Łódź")
    assert read_tags(f"place={decomposed}", "x-gateway-tags") == ("place=Büro=Łódź",)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (7, "must be an object of keys and values"),
        ("project", "must be KEY=VALUE"),
        ("Project=apollo", "'Project' in metadata.tags is none"),
        ("-a=b", "key is 1 to 32"),
        ({"a" * 33: "b"}, "key is 1 to 32"),
        ({"a": "b" * 65}, "1 to 64 printable characters"),
        ({"a": ""}, "1 to 64 printable characters"),
        ({"a": "  "}, "1 to 64 printable characters"),
        ({"a": "b,c"}, "no comma"),
        ({"a": "b\n"}, None),
        ({"a": "b\nc"}, "printable"),
        ({"a": "\ud800"}, "printable"),
        ({"a": 7}, "must be text"),
        ([7], "must be a text KEY=VALUE"),
        ([["a", "b"]], "must be a text KEY=VALUE"),
        ("project=apollo,project=gemini", "one value for each key"),
        (["project=apollo", "project=gemini"], "one value for each key"),
        ({f"k{number}": "v" for number in range(MAX_TAGS + 1)}, "at most 10 tags"),
        (",".join(f"k{number}=v" for number in range(MAX_TAGS + 1)), "at most 10 tags"),
        ("a=b," * 2_000, "at most 10 tags"),
    ],
)
def test_what_is_no_tag_is_refused_and_named(given: object, says: str | None) -> None:
    if says is None:
        assert read_tags(given, "metadata.tags") == ("a=b",)
        return
    with pytest.raises(InvalidRequest, match=says) as caught:
        read_tags(given, "metadata.tags")
    assert caught.value.param == "metadata.tags"


def test_both_sources_are_merged() -> None:
    assert merge_tags(("a=1", "b=2"), ("b=2", "c=3"), "x-gateway-tags") == ("a=1", "b=2", "c=3")


def test_both_sources_may_not_contradict_each_other() -> None:
    with pytest.raises(InvalidRequest, match="tag b is said to be '2' and '3'") as caught:
        merge_tags(("a=1", "b=2"), ("b=3",), "x-gateway-tags")
    assert caught.value.param == "x-gateway-tags"


def test_both_sources_together_have_ten_at_most() -> None:
    some = tuple(f"a{number}=1" for number in range(6))
    others = tuple(f"b{number}=1" for number in range(5))
    with pytest.raises(InvalidRequest, match="at most 10"):
        merge_tags(some, others, "x-gateway-tags")


def test_one_tag_has_the_form_that_calls_have() -> None:
    assert read_tag(" project=apollo ", "tag") == "project=apollo"

"""When the pieces of a text have become a whole JSON object."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.messages.whole_object import WholeObject
from tests.properties import thorough

INPUTS = st.dictionaries(
    st.text(max_size=6), st.recursive(st.text('{}"\\a', max_size=6), st.lists, max_leaves=4)
)


@thorough(200)
@given(INPUTS, st.integers(1, 4), st.booleans())
def test_an_object_is_whole_with_its_last_brace_and_not_before(
    value: dict[str, Any], size: int, is_ascii: bool
) -> None:
    text = json.dumps(value, ensure_ascii=is_ascii)
    scanned = WholeObject()
    for start in range(0, len(text), size):
        assert not scanned.is_whole
        scanned.add(text[start : start + size])
    assert scanned.is_whole


@pytest.mark.parametrize("text", ["", " ", "{", '{"a": "}', '{"a": "\\"}', "[1]", "null"])
def test_what_is_no_whole_object_is_not(text: str) -> None:
    scanned = WholeObject()
    scanned.add(text)
    assert not scanned.is_whole

"""Which versions of the Messages protocol are known, and what the newer one refuses."""

from typing import Any

import pytest

from providers.messages.versions import check_version
from providers.port import ProviderError

NEWER = {"anthropic-version": "2026-10-21"}
OLDER = {"anthropic-version": "2023-06-01"}


def body(*blocks: dict[str, Any], role: str = "user", **fields: Any) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": list(blocks)}], **fields}


DOCUMENT = {"type": "document", "source": {"type": "text", "data": "a"}}
CITING = {"type": "text", "text": "a", "citations": [{"type": "char_location"}]}
ONLY_OLDER = [
    (body(temperature=1), "temperature"),
    (body(top_p=1), "top_p"),
    (body(top_k=0), "top_k"),
    (body(DOCUMENT, role="assistant"), "messages[0].content[0]"),
    (body(CITING), "messages[0].content[0].citations"),
]


@pytest.mark.parametrize(("asked", "field"), ONLY_OLDER)
def test_the_newer_version_refuses_what_it_has_no_more(asked: dict[str, Any], field: str) -> None:
    with pytest.raises(ProviderError) as caught:
        check_version(NEWER, asked)
    assert caught.value.param == field
    assert "2026-10-21" in caught.value.message


@pytest.mark.parametrize("headers", [OLDER, {}])
@pytest.mark.parametrize(("asked", "field"), ONLY_OLDER)
def test_the_first_version_takes_it_and_so_does_a_caller_who_names_none(
    asked: dict[str, Any], field: str, headers: dict[str, str]
) -> None:
    check_version(headers, asked)


@pytest.mark.parametrize(
    "asked",
    [
        body(DOCUMENT),
        body(CITING, role="assistant"),
        body({"type": "text", "text": "a", "citations": []}),
        {"messages": [{"role": "user", "content": "hello"}], "temperature": None},
    ],
)
def test_the_newer_version_takes_the_rest(asked: dict[str, Any]) -> None:
    check_version(NEWER, asked)


def test_an_unknown_version_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(ProviderError) as caught:
        check_version({"anthropic-version": "2027-01-01"}, body())
    assert caught.value.param == "anthropic-version"
    assert "2023-06-01, 2026-10-21" in caught.value.message

"""Whose key it is, and what was asked under it."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from metering.errors import InvalidRequest
from metering.idempotency.key import MAX_KEY, idempotency_key
from metering.identity.principal import Principal
from metering.types import EnforcementMode

CALLER = Principal(
    tenant_id=UUID(int=1),
    tenant_slug="alder",
    timezone="UTC",
    week_start=0,
    enforcement_mode=EnforcementMode.ENFORCE,
    token_id=UUID(int=2),
    plan_code="PRO",
)
ASKED: dict[str, Any] = {"caller": CALLER, "text": "k", "route": "/v1/chat/completions", "body": b"{}"}


def test_the_same_request_has_the_same_key_and_digest() -> None:
    assert idempotency_key(**ASKED) == idempotency_key(**ASKED)


@pytest.mark.parametrize(
    "other", [{"body": b"{ }"}, {"route": "/llm/chat"}, {"caller": replace(CALLER, team_id=UUID(int=3))}]
)
def test_body_route_and_team_are_what_was_asked(other: dict[str, Any]) -> None:
    first, second = idempotency_key(**ASKED), idempotency_key(**ASKED | other)
    assert first.key == second.key
    assert first.digest != second.digest


@pytest.mark.parametrize(
    "other",
    [
        {"text": "l"},
        {"caller": replace(CALLER, token_id=UUID(int=4))},
        {"caller": replace(CALLER, user_id=UUID(int=2))},
    ],
)
def test_token_and_user_have_keys_of_their_own(other: dict[str, Any]) -> None:
    assert idempotency_key(**ASKED).key != idempotency_key(**ASKED | other).key


def test_a_user_s_key_is_the_same_with_any_token() -> None:
    user = replace(CALLER, user_id=UUID(int=5))
    other_token = replace(user, token_id=UUID(int=6))
    assert (
        idempotency_key(**ASKED | {"caller": user}).key
        == idempotency_key(**ASKED | {"caller": other_token}).key
    )


def test_the_longest_key_is_taken_and_never_stored_as_it_is() -> None:
    text = "k" * MAX_KEY
    assert text not in idempotency_key(**ASKED | {"text": text}).key


@pytest.mark.parametrize("text", ["", "k" * (MAX_KEY + 1), "a\tb", "a\x00b", "a\x7fb", "\x85"])
def test_a_key_that_cannot_be_one_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="Idempotency-Key") as caught:
        idempotency_key(**ASKED | {"text": text})
    assert caught.value.param == "Idempotency-Key"

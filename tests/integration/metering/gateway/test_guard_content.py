"""The rule `guard_content`: what it sees is flagged, replaced or refused before anything is held or sent."""

import json
from typing import Any

import pytest

from metering.errors import ContentBlocked
from metering.gateway import LLMGateway
from metering.identity.principal import Principal
from metering.models import UsageReservation
from tests.factories import RuleFactory
from tests.fakes.vendors import FakeVendors

CARD = "4111 1111 1111 1111"


@pytest.fixture
def rule(rows: Any) -> Any:
    async def make(value: str) -> None:
        await rows(
            lambda: RuleFactory(key="guard_content", value=value, scope="global", scope_id="", tenant=None)
        )

    return make


async def test_without_a_rule_it_is_sent_as_it_is(
    gateway: LLMGateway, caller: Principal, request_for: Any, vendors: FakeVendors
) -> None:
    result = await gateway.execute(caller, request_for(CARD))
    assert CARD in vendors.calls[0].payload.decode()
    assert result.facts.content == ""


async def test_flag_sends_it_and_says_so(
    gateway: LLMGateway, caller: Principal, request_for: Any, vendors: FakeVendors, rule: Any
) -> None:
    await rule("flag")
    result = await gateway.execute(caller, request_for(f"{CARD} ann@alder.example"))
    assert CARD in vendors.calls[0].payload.decode()
    assert result.facts.content == "flagged; kinds=card,email"
    assert result.facts.warnings == ()


async def test_redact_sends_and_holds_what_was_replaced(
    gateway: LLMGateway, caller: Principal, request_for: Any, vendors: FakeVendors, rule: Any, rows: Any
) -> None:
    await rule("redact")
    text = f"{CARD} " * 200
    result = await gateway.execute(caller, request_for(text))
    sent = json.loads(vendors.calls[0].payload)["messages"][0]["content"]
    assert sent == "[CARD] " * 200
    assert result.facts.content == "redacted; kinds=card"
    hold = await rows(UsageReservation.objects.get)
    assert hold.bound.input_tokens < len(text)


async def test_block_refuses_it_before_anything_is_held_or_sent(
    gateway: LLMGateway, caller: Principal, request_for: Any, vendors: FakeVendors, rule: Any, rows: Any
) -> None:
    await rule("block")
    with pytest.raises(ContentBlocked, match=r"a card number in messages\[0\].content"):
        await gateway.execute(caller, request_for(CARD))
    assert vendors.calls == []
    assert not await rows(UsageReservation.objects.exists)


async def test_block_lets_everything_else_pass(
    gateway: LLMGateway, caller: Principal, request_for: Any, vendors: FakeVendors, rule: Any
) -> None:
    await rule("block")
    await gateway.execute(caller, request_for("Hello"))
    assert len(vendors.calls) == 1


async def test_a_large_request_is_looked_at_too(
    gateway: LLMGateway, caller: Principal, request_for: Any, rule: Any
) -> None:
    await rule("block")
    request = request_for("word " * 10_000 + CARD)
    with pytest.raises(ContentBlocked):
        await gateway.execute(caller, request)


async def test_a_stricter_rule_of_a_token_counts_and_a_looser_one_does_not(
    gateway: LLMGateway, caller: Principal, request_for: Any, vendors: FakeVendors, rule: Any, rows: Any
) -> None:
    await rule("redact")
    own = {"scope": "token", "scope_id": str(caller.token_id)}
    await rows(lambda: RuleFactory(key="guard_content", value="flag", **own))
    result = await gateway.execute(caller, request_for(CARD))
    assert result.facts.content == "redacted; kinds=card"

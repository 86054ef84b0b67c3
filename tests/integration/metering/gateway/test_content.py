"""What calls said: kept as the rule `log_content` says, and only then; never in a call's way."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError

from metering.content import log as log_module
from metering.content.forget import forget_content
from metering.content.log import ContentLog
from metering.content.sealed import Content, opened
from metering.errors import VendorError
from metering.gateway import LLMGateway
from metering.identity.principal import Principal
from metering.models import CallContent
from metering.ports import AttemptFailed
from metering.types import Outcome
from tests.factories import RuleFactory
from tests.fakes.vendors import FakeAnswer, FakeVendors
from tests.integration.metering.gateway.conftest import Gateways
from tests.integration.metering.gateway.kept_answers_kit import streamed, whole

CANARY = "canary-7781"
CARD = "4111 1111 1111 1111"


@pytest.fixture
async def content(empty_ledger: None) -> AsyncIterator[ContentLog]:
    log = ContentLog()
    yield log
    await log.close()


@pytest.fixture
def gateway(gateway_with: Gateways, content: ContentLog) -> LLMGateway:
    return gateway_with(content=content)


@pytest.fixture
def kept(content: ContentLog, rows: Any) -> Any:
    async def read() -> list[Content]:
        await content.flush()
        found = await rows(lambda: list(CallContent.objects.order_by("created_at")))
        return [opened(bytes(row.content), reservation_id=row.pk, tenant_id=row.tenant_id) for row in found]

    return read


@pytest.fixture
def rule(rows: Any) -> Any:
    async def make(value: str, key: str = "log_content", **fields: Any) -> None:
        scope = {"scope": "global", "scope_id": "", "tenant": None, **fields}
        await rows(lambda: RuleFactory(key=key, value=value, **scope))

    return make


async def test_without_a_rule_nothing_is_kept(
    gateway: LLMGateway, caller: Principal, request_for: Any, kept: Any
) -> None:
    await gateway.execute(caller, request_for(CANARY))
    assert await kept() == []


async def test_off_keeps_nothing(
    gateway: LLMGateway, caller: Principal, request_for: Any, kept: Any, rule: Any
) -> None:
    await rule("off")
    await gateway.execute(caller, request_for(CANARY))
    assert await kept() == []


async def test_full_keeps_request_and_answer_with_what_they_took(
    gateway: LLMGateway, caller: Principal, request_for: Any, vendors: FakeVendors, kept: Any, rule: Any
) -> None:
    await rule("full")
    vendors.script = [whole(f"It is {CARD}")]
    result = await gateway.execute(caller, request_for(CANARY, labels={"trace_id": "trace-9"}))
    [said] = await kept()
    assert json.loads(said.request)["messages"] == [{"role": "user", "content": CANARY}]
    assert said.answer.encode() == result.output.replace(b'": ', b'":').replace(b", ", b",")
    assert (said.mode, said.trace_id, said.model) == ("full", "trace-9", "sandbox-small")
    assert (said.input_tokens, said.output_tokens) == (10, 5)
    assert said.cost_nano_usd == 15_000
    assert said.took_ms >= 0


async def test_redacted_keeps_words_for_what_is_private(
    gateway: LLMGateway, caller: Principal, request_for: Any, vendors: FakeVendors, kept: Any, rule: Any
) -> None:
    await rule("redacted")
    vendors.script = [whole("Write to ann@alder.example")]
    await gateway.execute(caller, request_for(f"My card: {CARD}"))
    [said] = await kept()
    assert "My card: [CARD]" in said.request
    assert "Write to [EMAIL]" in said.answer
    assert said.replaced == {"card": 1, "email": 1}


async def test_the_caller_and_the_vendor_get_what_was_said(
    gateway: LLMGateway, caller: Principal, request_for: Any, vendors: FakeVendors, rule: Any
) -> None:
    await rule("redacted")
    vendors.script = [whole(CARD)]
    result = await gateway.execute(caller, request_for(CARD))
    assert CARD.encode() in result.output
    assert CARD in vendors.calls[0].payload.decode()


async def test_a_stream_is_kept_as_its_events_and_redacted_across_them(
    gateway: LLMGateway, caller: Principal, request_for: Any, vendors: FakeVendors, kept: Any, rule: Any
) -> None:
    await rule("redacted")
    vendors.script = [streamed("4111 1111", " 1111 ", "1111 it is")]
    _, stream = await gateway.stream(caller, request_for("hi", stream=True))
    events = [event async for event in stream]
    [said] = await kept()
    assert said.is_streamed
    assert len(json.loads(said.answer)) == len(events)
    assert "[CARD]" in said.answer
    assert "1111" not in said.answer


async def test_an_answer_with_half_an_emoji_is_kept_and_redacted(
    gateway: LLMGateway, caller: Principal, request_for: Any, vendors: FakeVendors, kept: Any, rule: Any
) -> None:
    await rule("redacted")
    vendors.script = [whole("\ud83d ann@alder.example"), streamed("an emoji \ud83d", "\ude00 in two")]
    await gateway.execute(caller, request_for("hi"))
    _, stream = await gateway.stream(caller, request_for("hi", stream=True))
    assert [event async for event in stream]
    first, second = await kept()
    assert "? [EMAIL]" in first.answer
    assert "an emoji ?" in second.answer


async def test_a_call_that_fails_is_kept_with_its_error(
    gateway: LLMGateway, caller: Principal, request_for: Any, vendors: FakeVendors, kept: Any, rule: Any
) -> None:
    await rule("full")
    vendors.script = [AttemptFailed("no", outcome=Outcome.ERROR)] * 3
    with pytest.raises(VendorError):
        await gateway.execute(caller, request_for(CANARY))
    [said] = await kept()
    assert (said.answer, said.failure) == ("", "vendor_error")


async def test_a_refused_call_is_not_kept(
    gateway: LLMGateway, caller: Principal, request_for: Any, kept: Any, rule: Any
) -> None:
    await rule("full")
    with pytest.raises(Exception, match="nobody"):
        await gateway.execute(caller, request_for(CANARY, model="nobody"))
    assert await kept() == []


async def test_it_is_sealed_and_belongs_to_the_callers_tenant(
    gateway: LLMGateway, caller: Principal, request_for: Any, kept: Any, rule: Any, rows: Any
) -> None:
    await rule("full")
    await gateway.execute(caller, request_for(CANARY))
    await kept()
    row = await rows(CallContent.objects.get)
    assert CANARY.encode() not in bytes(row.content)
    assert row.tenant_id == caller.tenant_id


async def test_content_that_was_moved_to_another_row_is_not_read(
    gateway: LLMGateway, caller: Principal, request_for: Any, kept: Any, rule: Any, rows: Any
) -> None:
    await rule("full")
    await gateway.execute(caller, request_for(CANARY))
    await kept()
    row = await rows(CallContent.objects.get)
    with pytest.raises(ValueError, match="another"):
        opened(bytes(row.content), reservation_id=row.pk, tenant_id=row.pk)


@pytest.mark.parametrize(("days", "kept_days"), [(None, 30), (3, 3)])
async def test_it_is_forgotten_when_the_policy_says(
    gateway: LLMGateway,
    caller: Principal,
    request_for: Any,
    kept: Any,
    rule: Any,
    rows: Any,
    days: int | None,
    kept_days: int,
) -> None:
    await rule("full")
    if days is not None:
        await rule(days, key="keep_content_days")
    await gateway.execute(caller, request_for(CANARY))
    await kept()
    row = await rows(CallContent.objects.get)
    assert row.expires_at - row.created_at == timedelta(days=kept_days)
    assert await rows(lambda: forget_content(row.expires_at - timedelta(seconds=1))) == 0
    assert await rows(lambda: forget_content(row.expires_at)) == 1


async def test_a_long_answer_is_cut(
    gateway: LLMGateway, caller: Principal, request_for: Any, vendors: FakeVendors, kept: Any, rule: Any
) -> None:
    await rule("full")
    vendors.script = [FakeAnswer(body=json.dumps({"text": "word " * 100_000}).encode())]
    await gateway.execute(caller, request_for("hi"))
    [said] = await kept()
    assert (said.request_cut, said.answer_cut) == (False, True)
    assert len(said.answer) < 256 * 1024


async def test_beyond_its_bound_content_is_lost_and_calls_go_on(
    gateway_with: Gateways,
    caller: Principal,
    request_for: Any,
    rule: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await rule("full")
    monkeypatch.setattr(log_module, "MOST_CALLS", 1)
    lost: list[int] = []
    gateway = gateway_with(content=ContentLog(on_lost=lost.append))
    for _ in range(3):
        await gateway.execute(caller, request_for(CANARY))
    assert lost == [1, 1]


async def test_while_the_database_is_away_content_waits(
    gateway: LLMGateway,
    caller: Principal,
    request_for: Any,
    content: ContentLog,
    kept: Any,
    rule: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise OperationalError("gone")

    await rule("full")
    await gateway.execute(caller, request_for(CANARY))
    with monkeypatch.context() as patch:
        patch.setattr(log_module, "in_database_thread", away)
        with pytest.raises(OperationalError):
            await content.flush()
    assert len(await kept()) == 1


async def test_a_content_that_cannot_be_read_does_not_keep_the_others_from_being_written(
    gateway: LLMGateway, caller: Principal, request_for: Any, vendors: FakeVendors, content: ContentLog, kept: Any,
    rule: Any,
) -> None:  # fmt: skip
    await rule("full")
    vendors.script = [FakeAnswer(body=b"no JSON"), whole("hi")]
    await gateway.execute(caller, request_for(CANARY))
    await gateway.execute(caller, request_for(CANARY))
    assert len(await kept()) == 1
    assert content.lost == 1

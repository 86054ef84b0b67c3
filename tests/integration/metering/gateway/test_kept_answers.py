"""What is kept of an answer under an Idempotency-Key: how long, how safely, and what becomes of it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError

from metering.calls import repeated as replay_module
from metering.errors import IdempotencyAnswerLost, IdempotencyInProgress, MeteringUnavailable
from metering.gateway import LLMGateway
from metering.idempotency import recording as recording_module
from metering.idempotency.forget import forget_answers
from metering.identity.principal import Principal
from metering.ledger.commands import Command, Settle
from metering.ledger.results import Result
from metering.ledger.writer import LedgerWriter
from metering.models import KeptAnswer
from tests.fakes.vendors import FakeAnswer, FakeVendors
from tests.integration.metering.gateway.conftest import Gateways


async def test_an_answer_that_is_too_long_is_lost_and_not_paid_twice(
    gateway: LLMGateway,
    caller: Principal,
    vendors: FakeVendors,
    keyed: Any,
    rows: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recording_module, "MAX_ANSWER_BYTES", 100)
    vendors.script = [FakeAnswer(body=b'"' + b"x" * 100 + b'"')]
    await gateway.execute(caller, keyed())
    with pytest.raises(IdempotencyAnswerLost):
        await gateway.execute(caller, keyed())
    assert len(vendors.calls) == 1
    assert not await rows(KeptAnswer.objects.exists)


async def test_without_a_key_nothing_is_kept(
    gateway: LLMGateway, caller: Principal, request_for: Any, rows: Any
) -> None:
    await gateway.execute(caller, request_for())
    assert not await rows(KeptAnswer.objects.exists)


async def test_an_answer_is_encrypted_at_rest(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, keyed: Any, rows: Any
) -> None:
    vendors.script = [FakeAnswer(body=b'{"answer":"the secret invention"}')]
    await gateway.execute(caller, keyed())
    row = await rows(KeptAnswer.objects.get)
    assert b"secret" not in bytes(row.content)
    assert row.tenant_id == caller.tenant_id


async def test_an_answer_of_lost_keys_is_lost(
    gateway: LLMGateway, caller: Principal, keyed: Any, settings: Any
) -> None:
    await gateway.execute(caller, keyed())
    settings.FIELD_ENCRYPTION_KEYS = ["b" * 43 + "="]
    with pytest.raises(IdempotencyAnswerLost):
        await gateway.execute(caller, keyed())


async def test_while_the_database_is_away_a_replay_says_that_metering_is_unavailable(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, keyed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: object) -> None:
        raise OperationalError("gone")

    await gateway.execute(caller, keyed())
    monkeypatch.setattr(replay_module, "recall_answer", away)
    with pytest.raises(MeteringUnavailable):
        await gateway.execute(caller, keyed())
    assert len(vendors.calls) == 1


async def test_after_a_day_answer_and_key_are_forgotten(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, keyed: Any, rows: Any
) -> None:
    conninfo = django_settings.LEDGER_DATABASE_URL
    await gateway.execute(caller, keyed())
    now = datetime.now(UTC)
    assert await rows(lambda: forget_answers(conninfo, now + timedelta(hours=23))) == 0
    assert (await gateway.execute(caller, keyed())).facts.replayed
    assert await rows(lambda: forget_answers(conninfo, now + timedelta(hours=25))) == 1
    assert not (await gateway.execute(caller, keyed("something else"))).facts.replayed
    assert len(vendors.calls) == 2


async def test_an_answer_is_there_before_its_call_is_settled(
    gateway_with: Gateways,
    writer: LedgerWriter,
    vendors: FakeVendors,
    keyed: Any,
    caller: Principal,
    gateway: LLMGateway,
) -> None:
    """So that a process may die in between: the next one replays, whatever becomes of the hold."""
    may_settle = asyncio.Event()

    class SlowToSettle:
        async def submit(self, command: Command) -> Result:
            if isinstance(command, Settle):
                await may_settle.wait()
            return await writer.submit(command)

    dying = gateway_with(ledger=SlowToSettle())
    unanswered = asyncio.create_task(dying.execute(caller, keyed()))
    await vendors.called.wait()  # it holds the key
    async with asyncio.timeout(20):
        while True:
            try:
                result = await gateway.execute(caller, keyed())
                break
            except IdempotencyInProgress:
                await asyncio.sleep(0.01)
    assert result.facts.replayed
    assert not unanswered.done()
    may_settle.set()
    assert (await unanswered).output == result.output
    assert len(vendors.calls) == 1

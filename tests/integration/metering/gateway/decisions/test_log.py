"""The log of decisions: one row a minute whatever floods in, nothing spoilt, and what is lost is counted."""

import asyncio
import threading
from typing import Any

import pytest
from django.db import OperationalError
from msgspec.structs import replace

from metering.decisions import log as decision_log
from metering.decisions.log import DecisionLog
from metering.errors import BudgetExceeded, FeatureNotInPlan
from metering.gateway import LLMGateway
from metering.identity.principal import Principal
from metering.models import PlanFeature, PolicyDecision
from tests.factories import BudgetFactory, make_token
from tests.integration.metering.gateway.decisions.conftest import Deny
from tests.integration.metering.gateway.decisions.kept import kept


async def test_a_flood_of_denials_is_one_row_a_minute(
    gateway: LLMGateway, caller: Principal, decisions: DecisionLog, rows: Any, request_for: Any
) -> None:
    await rows(lambda: BudgetFactory(dimension="requests", amount=0))
    for _ in range(3):
        outcomes = await asyncio.gather(
            *(gateway.execute(caller, request_for()) for _ in range(50)), return_exceptions=True
        )
        assert all(isinstance(outcome, BudgetExceeded) for outcome in outcomes)
        await decisions.flush()
    found = await kept(decisions, rows)
    assert len(found) <= 2  # a minute may end meanwhile
    assert sum(row.count for row in found) == 150


async def test_decisions_wait_while_the_database_is_away(
    deny: Deny, decisions: DecisionLog, rows: Any, monkeypatch: Any
) -> None:
    def away(_: object) -> None:
        raise OperationalError("gone")

    for _ in range(3):
        await deny()
        with monkeypatch.context() as patched:
            patched.setattr(decision_log, "write_decisions", away)
            with pytest.raises(OperationalError):
                await decisions.flush()
    assert sum(row.count for row in await kept(decisions, rows)) == 3
    assert decisions.lost == 0


async def test_what_cannot_be_written_is_lost_and_the_log_goes_on(
    deny: Deny, decisions: DecisionLog, rows: Any, monkeypatch: Any
) -> None:
    def refuse(_: object) -> None:
        raise ValueError("this cannot be written")

    for broken in (True, False):
        await deny()
        with monkeypatch.context() as patched:
            if broken:
                patched.setattr(decision_log, "write_decisions", refuse)
            await decisions.flush()
    assert decisions.lost == 1
    assert sum(row.count for row in await kept(decisions, rows)) == 1


async def test_what_is_being_written_when_the_time_to_close_is_over_counts_as_lost(
    deny: Deny, decisions: DecisionLog, rows: Any, monkeypatch: Any
) -> None:
    begun, over = threading.Event(), threading.Event()

    def hang(_: object) -> None:
        begun.set()
        over.wait(30)

    monkeypatch.setattr(decision_log, "write_decisions", hang)
    monkeypatch.setattr("metering.write_behind.CLOSE_S", 0.05)
    await deny()
    decisions.start()
    try:
        assert await asyncio.to_thread(begun.wait, 20)
        await decisions.close()
    finally:
        over.set()
    assert decisions.lost == 1


async def test_too_many_principals_are_counted_without_their_names_and_what_is_lost_is_counted(
    gateway: LLMGateway, decisions: DecisionLog, rows: Any, request_for: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(decision_log, "MAX_GATHERED", 2)
    monkeypatch.setattr(decision_log, "MAX_FOLDED", 1)
    await rows(lambda: BudgetFactory(dimension="requests", amount=0))
    for _ in range(5):
        caller = await gateway.authenticate((await rows(make_token)).secret)
        with pytest.raises(BudgetExceeded):
            await gateway.execute(caller, request_for())
    await rows(lambda: PlanFeature.objects.all().delete())
    gateway.directory.forget()
    with pytest.raises(FeatureNotInPlan):
        await gateway.execute(caller, request_for())
    found = await kept(decisions, rows)
    assert sum(row.count for row in found) + decisions.lost == 6
    assert [row.count for row in found if row.token_id is None] == [3]
    assert decisions.lost == 1


async def test_a_started_log_writes_by_itself_and_the_rest_when_it_closes(
    deny: Deny, decisions: DecisionLog, rows: Any
) -> None:
    decisions.start()
    await deny()
    async with asyncio.timeout(20):
        while not await rows(PolicyDecision.objects.exists):  # noqa: ASYNC110 - another connection writes
            await asyncio.sleep(0.05)
    await deny()
    await decisions.close()
    assert sum(await rows(lambda: list(PolicyDecision.objects.values_list("count", flat=True)))) == 2


async def test_what_callers_write_cannot_spoil_the_log(
    gateway: LLMGateway, caller: Principal, decisions: DecisionLog, rows: Any, request_for: Any
) -> None:
    await rows(lambda: PlanFeature.objects.all().delete())
    strange = replace(request_for(), request_id="r\0\ud800" + "x" * 500, model="\0\udfff")
    with pytest.raises(FeatureNotInPlan):
        await gateway.execute(caller, strange)
    [row] = await kept(decisions, rows)
    assert row.request_id.startswith("r?x")
    assert len(row.request_id) == 128

"""A budget counts its whole window: what was used before it was made, on other plans, and while nothing limited it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.utils.timezone import now
from msgspec.structs import replace

from metering.amounts import Amounts
from metering.calls.cached_directory import CachedDirectory
from metering.decisions.log import DecisionLog
from metering.errors import BudgetExceeded, BudgetReserved, ConcurrencyExceeded
from metering.gateway import LLMGateway
from metering.identity.tenants.assign_plan import assign_plan
from metering.ids import uuid7
from metering.labels import Labels
from metering.ledger.commands import Adjust, Expire, Reserve, Settle
from metering.ledger.recount import recount_meters
from metering.ledger.writer import LedgerWriter
from metering.models import (
    Budget,
    MeterRecount,
    OpeningEntry,
    PolicyDecision,
    QuotaAlert,
    Tenant,
    UsageMeter,
    UsageReservation,
)
from metering.snapshots import Changes
from metering.types import Outcome
from metering.usage.budget_status import budget_status
from tests.factories import BudgetFactory, RuleFactory, UserFactory, alder, birch, make_plan, make_token
from tests.fakes.vendors import FakeVendors
from tests.faults.waiting import until
from tests.served import serve_model
from tests.support.build import attempt

Ask = Callable[..., Awaitable[Any]]
COST = 15_000
"""Of one answer of the fake vendor, in nano-USD."""
KILL_WHO_LOOKS_BACK = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE query LIKE '%metering_ledgerentry%' AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()
"""


@pytest.fixture
def ask(gateway: LLMGateway, request_for: Any, rows: Any) -> Ask:
    """One call with a token's secret, on what the database says now."""

    async def call(token: Any, agent: str | None = None, **fields: Any) -> Any:
        gateway.directory.forget()
        caller = await gateway.authenticate(token.secret)
        return await gateway.execute(
            caller,
            request_for(labels={"agent_id": agent, "conversation_id": "talk-7"} if agent else None, **fields),
        )

    return call


def held_by(token: Any, tenant: Tenant) -> Reserve:
    """A reservation of a call of 100 output tokens that no limit counts."""
    labels = Labels(request_id="r", task="LLM0_CHAT", provider_name="sandbox", token_id=token.id)
    return Reserve(
        reservation_id=uuid7(),
        tenant_id=tenant.pk,
        lines=(),
        labels=labels,
        bound=Amounts(output_tokens=100),
    )


@pytest.fixture
async def token(rows: Any) -> Any:
    return await rows(make_token)


def used(tenant: Tenant | None = None, **of: Any) -> list[int]:
    """What each budget's status says is used."""
    return [row.used for row in budget_status(now=now(), tenant=tenant or alder(), **of)]


async def test_a_budget_made_in_the_middle_of_its_window_says_what_was_used_before_any_call(
    ask: Ask, token: Any, rows: Any
) -> None:
    await ask(token)
    await ask(token)
    await rows(lambda: BudgetFactory(dimension="cost", window="month", amount=10 * COST))

    assert await rows(used) == [2 * COST]


async def test_a_budget_made_in_the_middle_of_its_window_admits_only_what_is_left(
    ask: Ask, token: Any, rows: Any
) -> None:
    for _ in range(3):
        await ask(token)
    await rows(lambda: BudgetFactory(window="day", amount=4))
    await ask(token)
    with pytest.raises(BudgetExceeded) as caught:
        await ask(token)
    assert (caught.value.usage.current, caught.value.usage.limit) == (4, 4)
    meter = await rows(UsageMeter.objects.get)
    assert (meter.used, meter.opened_late) == (4, True)
    assert await rows(lambda: OpeningEntry.objects.get().amount) == 3


async def test_what_was_used_beyond_a_new_budget_is_shown_and_denies(ask: Ask, token: Any, rows: Any) -> None:
    for _ in range(3):
        await ask(token)
    await rows(lambda: BudgetFactory(window="day", amount=2))
    with pytest.raises(BudgetExceeded) as caught:
        await ask(token)
    assert (caught.value.usage.current, caught.value.usage.limit) == (3, 2)
    meter = await rows(UsageMeter.objects.get)
    assert (meter.used, meter.unenforced) == (3, 1)


async def test_a_changed_plan_goes_on_with_what_was_used_and_so_does_going_back(
    ask: Ask, token: Any, rows: Any
) -> None:
    await rows(lambda: make_plan("LARGE"))
    await rows(lambda: BudgetFactory(scope="plan", scope_id="PRO", per="tenant", window="month", amount=3))
    await rows(lambda: BudgetFactory(scope="plan", scope_id="LARGE", per="tenant", window="month", amount=5))

    async def move(plan: str) -> None:
        await rows(lambda: assign_plan(tenant=alder(), plan_code=plan, actor="test", now=now()))

    for _ in range(3):
        await ask(token)
    with pytest.raises(BudgetExceeded):
        await ask(token)
    await move("LARGE")
    for _ in range(2):
        await ask(token)
    with pytest.raises(BudgetExceeded) as caught:
        await ask(token)
    assert (caught.value.usage.current, caught.value.usage.limit) == (5, 5)
    await move("PRO")
    with pytest.raises(BudgetExceeded) as caught:
        await ask(token)
    assert (caught.value.usage.current, caught.value.usage.limit) == (5, 3)


async def test_tokens_on_two_plans_count_on_one_meter(ask: Ask, token: Any, rows: Any) -> None:
    other = await rows(lambda: make_token(plan="LARGE"))
    await rows(lambda: BudgetFactory(scope="plan", scope_id="PRO", per="tenant", window="month", amount=3))
    await rows(lambda: BudgetFactory(scope="plan", scope_id="LARGE", per="tenant", window="month", amount=5))
    for _ in range(2):
        await ask(token)
        await ask(other)
    with pytest.raises(BudgetExceeded):
        await ask(token)
    await ask(other)
    with pytest.raises(BudgetExceeded) as caught:
        await ask(other)
    assert (caught.value.usage.current, caught.value.usage.limit) == (5, 5)


async def test_calls_on_a_plan_without_a_budget_count_on_the_budget_of_the_tenants_other_plan(
    ask: Ask, token: Any, rows: Any
) -> None:
    unlimited = await rows(lambda: make_token(plan="OPEN"))
    await rows(lambda: BudgetFactory(scope="plan", scope_id="PRO", per="tenant", window="day", amount=3))
    await ask(token)
    for _ in range(5):
        await ask(unlimited)
    with pytest.raises(BudgetExceeded) as caught:
        await ask(token)
    assert caught.value.usage.current == 6


async def test_another_plans_budget_is_no_notice_and_no_limit_of_the_callers(
    gateway_with: Callable[..., LLMGateway], rows: Any, request_for: Any
) -> None:
    await rows(lambda: make_token(plan="SMALL"))
    await rows(lambda: BudgetFactory(scope="plan", scope_id="SMALL", per="tenant", window="day", amount=0))
    decisions = DecisionLog(sample_every=10**6)
    gateway = gateway_with(decisions=decisions)
    caller = await gateway.authenticate((await rows(lambda: make_token(plan="OPEN"))).secret)
    await gateway.execute(caller, request_for())
    await decisions.flush()
    assert not await rows(PolicyDecision.objects.exists)
    assert await rows(lambda: UsageMeter.objects.get().used) == 1


async def test_of_a_plan_that_the_tenant_left_no_alert_is_told(ask: Ask, token: Any, rows: Any) -> None:
    await rows(lambda: make_plan("LARGE"))
    await rows(lambda: BudgetFactory(scope="plan", scope_id="PRO", per="tenant", window="day", amount=2))
    await rows(lambda: BudgetFactory(scope="plan", scope_id="LARGE", per="tenant", window="day", amount=9))
    await ask(token)
    await rows(lambda: assign_plan(tenant=alder(), plan_code="LARGE", actor="test", now=now()))
    for _ in range(3):
        await ask(token)
    assert not await rows(QuotaAlert.objects.exists)


async def test_a_budget_that_is_made_again_knows_of_the_calls_in_between(
    ask: Ask, token: Any, rows: Any
) -> None:
    budget = await rows(lambda: BudgetFactory(window="day", amount=9))
    await ask(token)
    await rows(budget.delete)
    await ask(token)
    await ask(token)
    await rows(lambda: BudgetFactory(window="day", amount=3))
    assert await rows(used) == [3]
    with pytest.raises(BudgetExceeded) as caught:
        await ask(token)
    assert caught.value.usage.current == 3


async def test_a_budget_that_is_switched_off_and_on_knows_of_the_calls_in_between(
    ask: Ask, token: Any, rows: Any
) -> None:
    budget = await rows(lambda: BudgetFactory(window="day", amount=3))

    async def switch(on: bool) -> None:
        await rows(lambda: Budget.objects.filter(pk=budget.pk).update(is_active=on))

    await ask(token)
    await switch(False)
    await ask(token)
    await ask(token)
    await switch(True)
    with pytest.raises(BudgetExceeded) as caught:
        await ask(token)
    assert caught.value.usage.current == 3


async def test_a_raised_amount_looks_nothing_up(ask: Ask, token: Any, rows: Any) -> None:
    budget = await rows(lambda: BudgetFactory(window="day", amount=1))
    await ask(token)
    await rows(lambda: Budget.objects.filter(pk=budget.pk).update(amount=5))
    before = await rows(lambda: UsageMeter.objects.get().counted_at)
    await ask(token)
    assert await rows(lambda: UsageMeter.objects.get().counted_at) == before


@pytest.mark.parametrize(
    ("whose", "window"),
    [
        *[({"scope": "tenant"}, window) for window in ("hour", "day", "week", "month", "total")],
        ({"scope": "global"}, "total"),
        ({"scope": "provider", "scope_id": "sandbox"}, "day"),
        ({"scope": "plan", "scope_id": "PRO", "per": "user"}, "month"),
        ({"scope": "plan", "scope_id": "PRO", "per": "team"}, "week"),
        ({"scope": "plan", "scope_id": "PRO", "per": "token"}, "total"),
        ({"scope": "plan", "scope_id": "PRO", "per": "agent"}, "day"),
        ({"scope": "plan", "scope_id": "PRO", "per": "conversation"}, "day"),
        ({"scope": "conversation", "scope_id": "talk-7"}, "total"),
        ({"scope": "tenant", "task_id": "LLM0_CHAT"}, "month"),
        ({"scope": "tenant", "model_class_id": "BASE_S"}, "day"),
    ],
)
async def test_whoever_is_counted_and_however_long_the_past_is_taken_over(
    ask: Ask, token: Any, rows: Any, whose: dict[str, str], window: str
) -> None:
    await ask(token, "helper")
    await rows(lambda: BudgetFactory(**whose, window=window, amount=2))
    await ask(token, "helper")
    with pytest.raises(BudgetExceeded) as caught:
        await ask(token, "helper")
    assert caught.value.usage.current == 2


@pytest.mark.parametrize(
    ("dimension", "each"),
    [
        ("requests", 1),
        ("input_tokens", 10),
        ("output_tokens", 5),
        ("tokens", 15),
        ("cost", COST),
        ("steps", 1),
    ],
)
async def test_whatever_is_counted_the_past_is_taken_over(
    ask: Ask, token: Any, rows: Any, dimension: str, each: int
) -> None:
    await ask(token)
    await rows(lambda: BudgetFactory(dimension=dimension, window="day", amount=10**9))
    await ask(token)
    assert await rows(lambda: UsageMeter.objects.get().used) == 2 * each


async def test_what_is_of_somebody_else_is_not_taken_over(ask: Ask, token: Any, rows: Any) -> None:
    await rows(lambda: serve_model("sandbox-large", model_class_id="PRO_L"))
    others = await rows(lambda: make_token(birch()))
    person = await rows(lambda: make_token(user=UserFactory()))
    await ask(others)
    await ask(person)
    await ask(token, "another")
    await ask(token, model="sandbox-large")
    budgets = {
        "of the token": {"scope": "token", "scope_id": str(token.id)},
        "of an agent": {"scope": "agent", "scope_id": "helper"},
        "of a class": {"scope": "tenant", "model_class_id": "PRO_L"},
        "of another task": {"scope": "tenant", "task_id": "LLM2_DRAFT"},
    }
    for facts in budgets.values():
        await rows(lambda facts=facts: BudgetFactory(**facts, window="day", amount=99))
    assert sorted(await rows(used)) == [0, 0, 1, 2]


async def test_calls_of_the_window_before_are_not_taken_over(
    writer: LedgerWriter, token: Any, rows: Any
) -> None:
    before = uuid7(int((now() - timedelta(hours=2)).timestamp() * 1000))
    await writer.submit(replace(held_by(token, await rows(alder)), reservation_id=before))
    await writer.submit(Settle(reservation_id=before, attempts=(attempt(output_tokens=5),)))
    await rows(lambda: BudgetFactory(window="hour", amount=9))
    assert await rows(used) == [0]


async def test_calls_in_flight_are_charged_to_a_meter_that_opens(
    ask: Ask, gateway: LLMGateway, token: Any, rows: Any, vendors: FakeVendors, request_for: Any
) -> None:
    vendors.gate = asyncio.Event()
    slow = asyncio.create_task(ask(token))
    await until(lambda: vendors.in_flight == 1, within_s=10)
    await rows(lambda: BudgetFactory(window="day", amount=1))
    with pytest.raises(BudgetReserved):
        await ask(token)
    meter = await rows(UsageMeter.objects.get)
    assert (meter.used, meter.held) == (0, 1)
    vendors.gate.set()
    await slow
    with pytest.raises(BudgetExceeded):
        await ask(token)
    assert await rows(lambda: UsageMeter.objects.get().used) == 1


async def test_calls_in_flight_count_when_calls_at_once_are_limited(
    ask: Ask, token: Any, rows: Any, vendors: FakeVendors
) -> None:
    vendors.gate = asyncio.Event()
    slow = [asyncio.create_task(ask(token)) for _ in range(2)]
    await until(lambda: vendors.in_flight == 2, within_s=10)
    await rows(lambda: RuleFactory(scope="plan", scope_id="PRO", value=2))
    with pytest.raises(ConcurrencyExceeded):
        await ask(token)
    vendors.gate.set()
    await asyncio.gather(*slow)
    await ask(token)
    assert await rows(lambda: UsageMeter.objects.get().held) == 0


async def test_an_alert_is_told_of_what_a_new_budget_finds_used(ask: Ask, token: Any, rows: Any) -> None:
    for _ in range(8):
        await ask(token)
    await rows(lambda: BudgetFactory(window="day", amount=10))
    await ask(token)
    assert await rows(lambda: list(QuotaAlert.objects.values_list("threshold", flat=True))) == [80]


async def test_a_correction_of_a_call_from_before_is_counted_by_the_sweeper(
    ask: Ask, token: Any, rows: Any, writer: LedgerWriter
) -> None:
    await ask(token)
    [call] = await rows(lambda: list(UsageReservation.objects.all()))
    await rows(lambda: BudgetFactory(dimension="cost", window="month", amount=99 * COST))
    await ask(token)
    await writer.submit(Adjust(reservation_id=call.pk, number=1, reason="by hand", cost_nano_usd=-5_000))
    await recount_meters(settings.LEDGER_DATABASE_URL)
    meter = await rows(UsageMeter.objects.get)
    assert meter.used == 2 * COST - 5_000
    assert await rows(lambda: [entry.amount for entry in OpeningEntry.objects.order_by("id")]) == [
        COST,
        -5_000,
    ]


async def test_a_provisional_charge_from_before_is_trued_up_by_the_sweeper(
    ask: Ask, token: Any, rows: Any, writer: LedgerWriter
) -> None:
    command = held_by(token, await rows(alder))
    await writer.submit(command)
    await rows(lambda: UsageReservation.objects.update(lease_expires_at=now() - timedelta(seconds=1)))
    await writer.submit(Expire(reservation_id=command.reservation_id))
    await rows(lambda: BudgetFactory(dimension="output_tokens", window="month", amount=10**6))
    assert await rows(used) == [100], "as it was held"
    await ask(token)
    await writer.submit(Settle(reservation_id=command.reservation_id, attempts=(attempt(output_tokens=7),)))
    await recount_meters(settings.LEDGER_DATABASE_URL)
    assert await rows(lambda: UsageMeter.objects.get().used) == 5 + 7


async def test_a_call_of_a_process_that_had_not_heard_of_the_budget_is_counted_by_the_sweeper(
    gateway_with: Callable[..., LLMGateway], token: Any, rows: Any, request_for: Any
) -> None:
    """It holds what it read for as long as its clock stands still."""
    hears_nothing = Changes(clock=lambda: 0.0)
    hears_nothing.complete_up_to(0.0)
    deaf, other = gateway_with(directory=CachedDirectory(hears_nothing)), gateway_with()
    caller = await deaf.authenticate(token.secret)
    await deaf.execute(caller, request_for())
    await rows(lambda: BudgetFactory(window="day", amount=9))
    await other.execute(caller, request_for())
    await deaf.execute(caller, request_for())
    assert await rows(lambda: UsageMeter.objects.get().used) == 2
    assert await rows(lambda: MeterRecount.objects.get().due_at > now())
    await rows(lambda: MeterRecount.objects.update(due_at=now()))
    await recount_meters(settings.LEDGER_DATABASE_URL)
    assert await rows(lambda: UsageMeter.objects.get().used) == 3
    assert await rows(MeterRecount.objects.count) == 0


async def test_a_meter_whose_opening_broke_off_is_opened_by_the_next_call(
    ask: Ask, token: Any, rows: Any
) -> None:
    for _ in range(2):
        await ask(token)
    await rows(lambda: BudgetFactory(window="day", amount=9))
    connect = psycopg.AsyncConnection.connect
    async with (
        await connect(settings.LEDGER_DATABASE_URL) as blocker,
        await connect(settings.LEDGER_DATABASE_URL, autocommit=True) as killer,
    ):
        await blocker.execute("LOCK TABLE metering_ledgerentry IN ACCESS EXCLUSIVE MODE")
        waiting = asyncio.create_task(ask(token))

        async def kill() -> bool:
            return bool((await killer.execute(KILL_WHO_LOOKS_BACK)).rowcount)

        async with asyncio.timeout(10):
            while not await kill():  # noqa: ASYNC110 - the other side is a process of PostgreSQL's
                await asyncio.sleep(0.05)
    await waiting
    assert await rows(lambda: UsageMeter.objects.get().used) == 3


async def test_calls_under_way_are_shown_as_held_by_a_budget_that_nobody_has_used_yet(
    ask: Ask, token: Any, rows: Any, vendors: FakeVendors
) -> None:
    vendors.gate = asyncio.Event()
    slow = asyncio.create_task(ask(token))
    await until(lambda: vendors.in_flight == 1, within_s=10)
    await rows(lambda: BudgetFactory(window="day", amount=1))
    [status] = await rows(lambda: list(budget_status(now=now(), tenant=alder())))
    assert (status.used, status.held) == (0, 1)
    vendors.gate.set()
    await slow


async def test_a_window_that_begins_where_the_calendar_before_ended_shows_nothing_from_before(
    ask: Ask, token: Any, rows: Any
) -> None:
    """As when the tenant has moved to another time zone."""
    await ask(token)
    await rows(lambda: BudgetFactory(window="month", amount=9))
    await ask(token)
    end = await rows(lambda: UsageMeter.objects.get().window_end)
    await rows(lambda: UsageMeter.objects.update(window_end=now()))
    shown = await rows(used)
    await rows(lambda: UsageMeter.objects.update(window_end=end))
    assert shown == [0]


async def test_a_request_whose_first_attempt_failed_is_taken_over_once(
    writer: LedgerWriter, token: Any, rows: Any
) -> None:
    tenant = await rows(alder)
    stories = (
        (attempt(1, outcome=Outcome.ERROR), attempt(2, output_tokens=5)),
        (attempt(1, output_tokens=5), attempt(2, output_tokens=5)),
        (attempt(1, outcome=Outcome.ERROR), attempt(2, output_tokens=1), attempt(3, output_tokens=1)),
        (attempt(1, outcome=Outcome.ERROR),),
    )
    for attempts in stories:
        command = held_by(token, tenant)
        await writer.submit(command)
        await writer.submit(Settle(reservation_id=command.reservation_id, attempts=attempts))
    await rows(lambda: BudgetFactory(window="day", amount=9))
    assert await rows(used) == [3]

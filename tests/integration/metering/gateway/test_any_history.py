"""Whatever is called, limited, freed, moved and corrected, in whatever order: each budget says what its rows say."""

import random
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest
from django.conf import settings
from django.utils.timezone import now

from metering.errors import BudgetExceeded
from metering.gateway import LLMGateway
from metering.identity.tenants.assign_plan import assign_plan
from metering.ledger.commands import Adjust
from metering.ledger.recount import recount_meters
from metering.ledger.writer import LedgerWriter
from metering.models import Budget, LedgerEntry, MeterRecount, UsageLog, UsageReservation
from metering.types import EntryKind
from metering.usage.budget_status import budget_status
from metering.usage.status import BudgetStatus
from tests.factories import BudgetFactory, UserFactory, alder, make_plan, make_token

STEPS = 20
PLANS = ("PRO", "LARGE")
TAGS = ((), ("project=apollo",), ("cost-centre=7", "project=apollo"), ("project=gemini",))
AMOUNTS = {"requests": 4, "cost": 60_000, "output_tokens": 20}
Do = Callable[[], Awaitable[object]]


@pytest.mark.parametrize("seed", range(4))
async def test_each_budget_says_what_its_rows_say(
    seed: int, gateway: LLMGateway, writer: LedgerWriter, rows: Any, request_for: Any
) -> None:
    chance = random.Random(seed)
    for plan in PLANS:
        await rows(lambda plan=plan: make_plan(plan))
    person = await rows(UserFactory)
    tokens = [
        await rows(make_token),
        await rows(lambda: make_token(plan="LARGE")),
        await rows(lambda: make_token(user=person)),
    ]

    async def call() -> None:
        gateway.directory.forget()
        caller = await gateway.authenticate(chance.choice(tokens).secret)
        labels: dict[str, Any] = {"tags": chance.choice(TAGS)}
        if chance.random() < 0.5:
            labels["agent_id"] = chance.choice(["helper", "other"])
        if chance.random() < 0.5:
            labels["conversation_id"] = chance.choice(["one", "two"])
        try:
            await gateway.execute(caller, request_for(labels=labels))
        except BudgetExceeded:
            return

    async def make_budget() -> None:
        dimension = chance.choice(list(AMOUNTS))
        whose = chance.choice(
            [
                {"scope": "tenant"},
                {"scope": "global"},
                {"scope": "provider", "scope_id": "sandbox"},
                {"scope": "agent", "scope_id": "helper"},
                {"scope": "tag", "scope_id": "project=apollo"},
                {"scope": "conversation", "scope_id": "one"},
                {
                    "scope": "plan",
                    "scope_id": chance.choice(PLANS),
                    "per": chance.choice(["tag", "conversation"]),
                },
                {"scope": "user", "scope_id": str(person.pk)},
                {"scope": "plan", "scope_id": chance.choice(PLANS), "per": "tenant"},
                {"scope": "plan", "scope_id": chance.choice(PLANS), "per": "user"},
                {"scope": "plan", "scope_id": chance.choice(PLANS), "per": "agent"},
            ]
        )
        facts = {**whose, "dimension": dimension, "window": chance.choice(["day", "month", "total"])}
        facts |= {"amount": AMOUNTS[dimension] * chance.randint(1, 9), "hard": chance.random() < 0.7}
        same = Budget.objects.filter(**{name: facts[name] for name in ("scope", "dimension", "window")})
        if not await rows(same.exists):
            await rows(lambda: BudgetFactory(**facts))

    async def drop_budget() -> None:
        await rows(lambda: [budget.delete() for budget in Budget.objects.order_by("?")[:1]])

    async def switch_budget() -> None:
        def switch() -> None:
            for budget in Budget.objects.order_by("?")[:1]:
                Budget.objects.filter(pk=budget.pk).update(is_active=not budget.is_active)

        await rows(switch)

    async def move() -> None:
        plan = chance.choice(PLANS)
        await rows(lambda: assign_plan(tenant=alder(), plan_code=plan, actor="test", now=now()))

    async def correct() -> None:
        ended = await rows(lambda: list(UsageReservation.objects.filter(state=1).order_by("?")[:1]))
        for hold in ended:
            number = await rows(lambda hold=hold: LedgerEntry.objects.filter(reservation_id=hold.pk).count())
            await writer.submit(
                Adjust(
                    reservation_id=hold.pk,
                    number=number,
                    reason="by hand",
                    cost_nano_usd=chance.choice([-100, 900]),
                )
            )

    deeds: list[Do] = (
        [call] * 10 + [make_budget] * 5 + [drop_budget, switch_budget, switch_budget, move, move, correct]
    )
    for _ in range(STEPS):
        await chance.choice(deeds)()
    await rows(lambda: MeterRecount.objects.update(due_at=now()))
    await recount_meters(settings.LEDGER_DATABASE_URL)

    for status in await rows(lambda: list(budget_status(now=now()))):
        assert status.used == await rows(lambda status=status: used_by_hand(status)), status


def used_by_hand(status: BudgetStatus) -> int:
    """All calls are of this window; each is one request."""
    calls = [log for log in UsageLog.objects.all() if is_of(log, status)]
    ids = {log.reservation_id for log in calls}
    corrections = LedgerEntry.objects.filter(kind=EntryKind.ADJUST, reservation_id__in=ids)
    match status.limit.dimension.value:
        case "requests":
            return len(calls)
        case "cost":
            return cost_of(calls) + cost_of(corrections)
    return sum(log.output_tokens for log in calls)


def cost_of(found: Iterable[Any]) -> int:
    return sum(row.cost_nano_usd for row in found)


def is_of(log: UsageLog, status: BudgetStatus) -> bool:
    subject = status.key.subject_id
    match status.key.subject_type:
        case "provider":
            return log.provider_name == subject
        case "agent":
            return log.agent_id == subject
        case "tag":
            return subject in log.tags
        case "conversation":
            return log.conversation_id == subject
        case "user":
            return str(log.user_id or log.token_id) == subject
    return True

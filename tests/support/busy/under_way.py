"""Calls that the ledger holds right now, on every meter that applies to them."""

import asyncio
from random import Random
from uuid import UUID

from django.conf import settings
from django.utils.timezone import now

from metering.amounts import ONE_REQUEST, Amounts
from metering.ids import uuid7
from metering.labels import Labels
from metering.ledger.commands import Attempt, Reserve, Settle
from metering.ledger.writer import LedgerWriter
from metering.policy.effective import effective_policy
from metering.policy.values import PolicySubject
from metering.reservation.reserve import hold_lines, used_limits
from tests.support.busy.callers import Caller, callers
from tests.support.busy.calls import cost_of

LEASE_S = 24 * 3_600
"""They stay for as long as anybody looks."""


def hold_calls(dice: Random) -> None:
    """One call of every token is under way, or was just settled: so every budget's meter is open."""
    commands: list[tuple[Reserve, bool]] = [
        (_reserve(caller, dice), number % 2 == 0) for number, caller in enumerate(callers())
    ]
    asyncio.run(_carry_out(commands))


def _reserve(caller: Caller, dice: Random) -> Reserve:
    labels, token = caller.labels(dice), caller.token
    subject = PolicySubject(token.tenant_id, token.plan_tier_id, token.team_id, token.user_id, token.pk)
    policy = effective_policy(subject, labels["task"])
    limits = policy.limits_for((labels["provider_name"],), labels["agent_id"], labels["model_class"])
    cost = cost_of(labels["request_model"], 3_000, 4_096)
    bound = Amounts(input_tokens=3_000, output_tokens=4_096, cost_nano_usd=cost)
    amounts = bound + ONE_REQUEST
    return Reserve(
        reservation_id=uuid7(),
        tenant_id=token.tenant_id,
        lines=hold_lines(used_limits(limits, amounts), amounts),
        labels=Labels(**labels),
        bound=bound,
        lease_s=LEASE_S,
    )


async def _carry_out(commands: list[tuple[Reserve, bool]]) -> None:
    writer = LedgerWriter(settings.LEDGER_DATABASE_URL)
    await writer.start()
    try:
        for command, ends in commands:
            await writer.submit(command)
            if ends:
                await writer.submit(_settle(command.reservation_id, command))
    finally:
        await writer.close()


def _settle(id_: UUID, command: Reserve) -> Settle:
    model = command.labels.request_model
    attempt = Attempt(
        number=1,
        provider_name=command.labels.provider_name,
        response_model=model,
        started_at=now(),
        latency_ms=2_400,
        input_tokens=3_000,
        output_tokens=150,
        cost_nano_usd=cost_of(model, 3_000, 150),
    )
    return Settle(reservation_id=id_, attempts=(attempt,))

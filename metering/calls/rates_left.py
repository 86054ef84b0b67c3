"""What an agent's rate limits have left, without drawing from them."""

from typing import NamedTuple

from metering.admission.plan import asker_of
from metering.calls.collaborators import Collaborators
from metering.identity.principal import Principal
from metering.rates.port import Draw
from metering.types import Dimension, Task

NO_PROVIDER = ""
"""Rates of providers are not an agent's."""


class RateLeft(NamedTuple):
    """One limit, and how many units could be drawn from it now."""

    name: str
    dimension: Dimension
    limit: int
    remaining: int


async def rates_left(
    with_: Collaborators, caller: Principal, task: Task, *, agent_id: str
) -> tuple[RateLeft, ...]:
    """Of the limits whose buckets are the agent's own. Raises MeteringUnavailable."""
    subject = asker_of(caller).subject
    policy = await with_.directory.policy_at(subject, task.value, with_.now())
    limits = policy.rates.for_call(provider=NO_PROVIDER, agent_id=agent_id, address=None)
    own = [limit for limit in limits if limit.per == "agent" or limit.scope == "agent"]
    if not own:
        return ()
    drawn = await with_.buckets.take(tuple([Draw(limit.key, 0, limit.per_minute) for limit in own]))
    return tuple(
        RateLeft(limit.name, limit.dimension, limit.per_minute, level.remaining)
        for limit, level in zip(own, drawn.levels, strict=True)
    )

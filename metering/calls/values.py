"""An admitted call, what is told of it, and what it answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from metering.admission.verdicts import RuleVerdict
from metering.answer_cache.terms import Terms
from metering.calls.kept_spending import KeptSpending
from metering.calls.overheard import Overheard
from metering.catalog.served import ServedModel
from metering.content.capture import Capture
from metering.content.guard import Guarded
from metering.decisions.decision import Verdict
from metering.errors import RateBalance
from metering.idempotency.recording import Recording
from metering.ledger.commands import Attempt
from metering.policy.values import EffectivePolicy
from metering.ports import LLMAdapter, Spending, TaskRequest
from metering.rates.take import RateGrant
from metering.reservation.allowance import Allowance
from metering.reservation.reserve import Hold
from metering.types import Dimension, EnforcementMode, Task


class Call(Struct, frozen=True, kw_only=True):
    """An admitted call: its hold is committed, nothing is sent yet."""

    hold: Hold
    policy: EffectivePolicy
    adapter: LLMAdapter
    request: TaskRequest
    allowance: Allowance | KeptSpending
    rates: RateGrant
    started_s: float
    """Monotonic time at which the gateway began to work on it."""
    granted_s: float
    """Monotonic time just before the hold was asked for: its lease ends no earlier than this plus `lease_s`."""
    waited_s: float = 0.0
    """How long it waited for room before that."""
    verdicts: tuple[RuleVerdict, ...] = ()
    """What limits in shadow would have done to it, and what the guard did."""
    recording: Recording | None = None
    """What it answers, written down where it came with an Idempotency-Key."""
    capture: Capture | None = None
    """The same where it is to be kept for administrators to read."""
    guarded: Guarded | None = None
    """What the guard saw in its request."""
    cache: Terms | None = None
    """What the cache did for it; None: nobody asked for the cache."""
    overheard: Overheard | None = None
    """What its vendor answers, written down for the cache."""

    @property
    def spending(self) -> Spending:
        """What its adapter gets."""
        return self.overheard or self.allowance

    @property
    def model(self) -> ServedModel:
        """The model that was tried last, which has answered if any has."""
        return self.allowance.model


Observer = Callable[[Call, tuple[Attempt, ...]], None]
"""Sees a call that has ended, and what it sent."""


class ReplayObserver(Protocol):
    """Sees a request that is answered again."""

    def __call__(self, task: Task, *, beyond_rate: bool) -> None:
        """`beyond_rate`: a rate limit would have denied it, had it been new."""
        ...


class Facts(Struct, frozen=True, kw_only=True):
    """What the caller is told beside the answer."""

    reservation_id: UUID
    model: str
    provider_name: str
    mode: EnforcementMode
    attempts: tuple[Attempt, ...]
    overhead_ms: float
    """Time that was spent waiting neither for a vendor nor for room."""
    remaining: dict[Dimension, int]
    """What is left of the tightest budget of each dimension, in the ledger's units."""
    attempts_begun: int = 0
    """With those that are under way."""
    rates: tuple[RateBalance, ...] = ()
    """What the rate limits had left when the call was let in."""
    warnings: tuple[str, ...] = ()
    """The limits in mode warn that would have denied it."""
    pending: bool = False
    """Nothing has come yet: another model may answer in the end."""
    waited_s: float = 0.0
    """How long the call waited for room."""
    replayed: bool = False
    """The answer is that of an earlier call under the same Idempotency-Key: nothing was spent now."""
    cache: str = ""
    """What the cache did, as a header says it; empty: nobody asked for it."""
    content: str = ""
    """What the guard saw in the request, as a header says it; empty: nothing."""
    age_s: int | None = None
    """How old the answer is, if it came from the cache."""

    @property
    def cost_nano_usd(self) -> int:
        return sum(attempt.cost_nano_usd for attempt in self.attempts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A finished call: the task's answer as JSON, and its facts."""

    output: bytes
    facts: Facts


def facts_of(call: Call, *, ended_s: float, pending: bool = False) -> Facts:
    """The facts as they are now: before the vendor has answered, without attempts."""
    attempts = tuple(call.allowance.attempts)
    return Facts(
        reservation_id=call.hold.reservation_id,
        model=call.model.name,
        provider_name=call.model.provider_name,
        mode=call.policy.mode,
        attempts=attempts,
        attempts_begun=call.allowance.attempts_begun,
        overhead_ms=(ended_s - call.started_s - call.waited_s - call.allowance.vendor_s) * 1000,
        remaining=_remaining(call.hold, attempts),
        rates=call.rates.balances,
        warnings=tuple([verdict.rule for verdict in call.verdicts if verdict.kind is Verdict.WARNED]),
        pending=pending,
        waited_s=call.waited_s,
        cache=str(call.cache) if call.cache is not None else "",
        content=call.guarded.header if call.guarded is not None else "",
        age_s=call.cache.age_s if call.cache is not None else None,
    )


def _remaining(hold: Hold, attempts: tuple[Attempt, ...]) -> dict[Dimension, int]:
    """Limits less use and holds at the time of the hold; an ended call counts what it used instead of its hold.

    Of the tenant's own meters: what is left of a shared one would tell how much the other tenants use.
    """
    slack: dict[Dimension, int] = {}
    if attempts:
        input_tokens = hold.bound.input_tokens - sum([attempt.input_tokens for attempt in attempts])
        output_tokens = hold.bound.output_tokens - sum([attempt.output_tokens for attempt in attempts])
        slack = {
            Dimension.INPUT_TOKENS: input_tokens,
            Dimension.OUTPUT_TOKENS: output_tokens,
            Dimension.TOKENS: input_tokens + output_tokens,
            Dimension.COST: hold.bound.cost_nano_usd - sum([attempt.cost_nano_usd for attempt in attempts]),
        }
    remaining: dict[Dimension, int] = {}
    for limit, balance in zip(hold.held, hold.balances, strict=False):
        dimension = limit.meter.dimension
        if dimension is Dimension.CONCURRENCY or limit.meter.tenant_id is None or limit.only_counts:
            continue
        left = max(0, balance.limit - balance.used - balance.held + slack.get(dimension, 0))
        known = remaining.get(dimension)
        if known is None or left < known:
            remaining[dimension] = left
    return remaining

"""Admit a call as planned: draw from its rate limits, then hold what it may use on its meters."""

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct

from metering.admission.demand import M
from metering.admission.denial import no_room_error, too_few_error, waits_for_a_call
from metering.admission.less import asking_for_less, at_first_alone, measured_closer
from metering.admission.plan import CallPlan
from metering.admission.verdicts import RuleVerdict, limit_verdicts, rate_verdicts
from metering.admission.waiting_room import WaitingRoom
from metering.amounts import ONE_REQUEST
from metering.background import BackgroundTasks
from metering.errors import MeteringError
from metering.labels import Labels
from metering.ledger.port import Ledger
from metering.policy.values import MeterLimits
from metering.rates.port import Buckets
from metering.rates.take import RateGrant, TooFew, take_rates
from metering.reservation.no_room import NoRoom
from metering.reservation.reserve import Hold, IdempotencyKey, reserve
from metering.types import Scope


class Admitted(Struct, frozen=True, kw_only=True):
    """What a call holds, and what it drew."""

    plan: CallPlan[Any]
    """As it was let in: perhaps at fewer models than it asked for."""
    hold: Hold
    rates: RateGrant
    verdicts: tuple[RuleVerdict, ...]
    """What would have denied the call or cut it shorter, had it been enforced: rates, then limits, then settings."""
    granted_s: float
    """Monotonic time just before the hold was asked for: its lease ends no earlier than this plus `lease_s`."""
    waited_s: float = 0.0
    """How long it waited for room."""


async def admit(
    plan: CallPlan[M],
    *,
    labels: Callable[[CallPlan[Any]], Labels],
    ledger: Ledger,
    buckets: Buckets,
    background: BackgroundTasks,
    lease_s: int,
    now: Callable[[], datetime],
    idempotency: IdempotencyKey | None = None,
    reservation_id: UUID | None = None,
    waiting: WaitingRoom | None = None,
    aside: bool = True,
) -> Admitted:
    """The committed hold of a call. Where it is refused, nothing stays held, and nothing stays drawn.

    Where there is no room for what it needs at most, it is measured closer, and asked for less. `labels` makes those of
    the plan that it is let in with. `aside`: long texts are counted in a thread.

    Where a rule lets it wait for room, it does so in the waiting room; None: there is none, and it never waits.

    Raises RateLimited, OverRateCapacity, BudgetExceeded, BudgetReserved, ConcurrencyExceeded, IdempotencyKeyTaken,
    IdempotencyMismatch and MeteringUnavailable.
    """
    asking = _Asking(
        labels=labels,
        ledger=ledger,
        buckets=buckets,
        background=background,
        lease_s=lease_s,
        now=now,
        idempotency=idempotency,
        reservation_id=reservation_id,
    )
    wait: _Wait | None = None
    if waiting is not None and (wait_s := plan.policy.number("wait_for_room_s")):
        wait = _Wait(waiting, wait_s)
    # 1. Unless others wait already where it must have room: ask at once, and for less wherever less may find room.
    while wait is None or not wait.room.has_line(_own_limits(plan)):
        found = await asking.room_for(plan, wait=None)
        if isinstance(found, Admitted):
            return found
        less = await measured_closer(plan, found.short, aside=aside) or asking_for_less(plan, found.short)
        if less is not None:
            plan = less
            continue
        if wait is None or not isinstance(found.short, NoRoom) or not waits_for_a_call(found.short):
            raise found.error
        wait = wait._replace(refused=found.short)
        break
    # 2. Wait, behind those who wait already, and ask for as little as it can.
    if wait.refused is None:
        plan = await measured_closer(plan, None, aside=aside) or plan
    plan = at_first_alone(plan) or plan
    found = await asking.room_for(plan, wait=wait)
    if isinstance(found, Admitted):
        return found
    raise found.error


def _own_limits(plan: CallPlan[M]) -> MeterLimits:
    """The limits that a call cannot avoid: if it has several models, without those of their providers."""
    limits = plan.route.limits
    if len(plan.route.candidates) < 2:
        return limits
    return tuple([limit for limit in limits if limit.meter.subject_type != Scope.PROVIDER])


class _Wait(NamedTuple):
    """Where and how long a call waits for room."""

    room: WaitingRoom
    wait_s: float
    refused: NoRoom | None = None
    """What it has just been answered; None: it has not asked yet."""


class _Short(NamedTuple):
    """What had no room for a call, and the error that names it."""

    short: NoRoom | TooFew
    error: MeteringError


class _Asking(NamedTuple):
    """Whom a call asks for room, and as whom."""

    labels: Callable[[CallPlan[Any]], Labels]
    ledger: Ledger
    buckets: Buckets
    background: BackgroundTasks
    lease_s: int
    now: Callable[[], datetime]
    idempotency: IdempotencyKey | None
    reservation_id: UUID | None

    async def room_for(self, plan: CallPlan[M], *, wait: _Wait | None) -> Admitted | _Short:
        """Draw and hold once as planned, waiting for room if `wait` says so. Returns what was short if refused."""
        bound, route, now = plan.bound, plan.route, self.now
        tenant_id = plan.demand.asker.subject.tenant_id
        # 1. Draw a request and its tokens from every rate limit.
        rates = await take_rates(
            buckets=self.buckets,
            limits=route.rates,
            shadow_limits=route.shadow_rates,
            tokens=bound.input_tokens + bound.output_tokens,
        )
        if isinstance(rates, TooFew):
            return _Short(rates, too_few_error(rates, now()))

        # 2. Hold its bound on every meter, or wait for room; whoever refuses, what was drawn is given back.
        ask = partial(
            reserve,
            ledger=self.ledger,
            background=self.background,
            tenant_id=tenant_id,
            labels=self.labels(plan),
            bound=bound,
            limits=route.limits,
            lease_s=self.lease_s,
            idempotency=self.idempotency,
            reservation_id=self.reservation_id,
        )
        began_s = granted_s = time.monotonic()
        try:
            if wait is None:
                hold = await ask()
            else:
                hold, granted_s = await wait.room.hold(
                    ask,
                    tenant_id=tenant_id,
                    limits=route.limits,
                    amounts=bound + ONE_REQUEST,
                    wait_s=wait.wait_s,
                    refused=wait.refused,
                )
        except BaseException:
            rates.give_back()
            raise
        if isinstance(hold, NoRoom):
            rates.give_back()
            error = no_room_error(hold, now())
            error.rates = rates.uses
            return _Short(hold, error)
        # 3. Note what would have refused it, had it been enforced.
        verdicts = plan.verdicts
        if plan.policy.observes:
            verdicts = (*rate_verdicts(rates, now()), *limit_verdicts(hold, now()), *verdicts)
        return Admitted(
            plan=plan,
            hold=hold,
            rates=rates,
            verdicts=verdicts,
            granted_s=granted_s,
            waited_s=granted_s - began_s,
        )

"""Admit a planned call: draw from its rate limits, then hold what it may use on its meters."""

import time
from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from metering.admission.demand import M
from metering.admission.denial import no_room_error, too_few_error
from metering.admission.notices import Notice, limit_notices, rate_notices
from metering.admission.plan import CallPlan
from metering.background import BackgroundTasks
from metering.errors import LimitExceeded
from metering.labels import Labels
from metering.ledger.port import Ledger
from metering.rates.port import Buckets
from metering.rates.take import RateGrant, TooFew, take_rates
from metering.reservation.hold import Hold
from metering.reservation.no_room import NoRoom
from metering.reservation.reserve import IdempotencyKey, reserve


class Admitted(Struct, frozen=True, kw_only=True):
    """What a call holds, and what it drew."""

    hold: Hold
    rates: RateGrant
    notices: tuple[Notice, ...]
    """What would have denied the call or cut it shorter, had it been enforced: rates, then limits, then settings."""
    granted_s: float
    """Monotonic time just before the hold was asked for: its lease ends no earlier than this plus `lease_s`."""


async def admit(
    plan: CallPlan[M],
    *,
    labels: Labels,
    ledger: Ledger,
    buckets: Buckets,
    background: BackgroundTasks,
    lease_s: int,
    now: Callable[[], datetime],
    idempotency: IdempotencyKey | None = None,
) -> Admitted:
    """The committed hold of a call. Where it is refused, nothing stays held, and nothing stays drawn.

    Raises RateLimited, OverRateCapacity, BudgetExceeded, BudgetReserved, ConcurrencyExceeded, IdempotencyKeyTaken,
    IdempotencyMismatch and MeteringUnavailable.
    """
    bound, route = plan.measured.bound, plan.route
    # 1. Draw a request and its tokens from every rate limit.
    rates = await take_rates(
        buckets=buckets,
        limits=route.rates,
        shadow_limits=route.shadow_rates,
        tokens=bound.input_tokens + bound.output_tokens,
    )
    if isinstance(rates, TooFew):
        raise too_few_error(rates, now())
    # 2. Hold its bound on every meter; whoever refuses, what was drawn is given back.
    granted_s = time.monotonic()
    try:
        hold = await reserve(
            ledger=ledger,
            background=background,
            tenant_id=plan.demand.asker.subject.tenant_id,
            labels=labels,
            bound=bound,
            limits=route.limits,
            lease_s=lease_s,
            idempotency=idempotency,
        )
        if isinstance(hold, NoRoom):
            raise no_room_error(hold, now())
    except BaseException as refusal:
        rates.give_back()
        if isinstance(refusal, LimitExceeded):
            refusal.rates = rates.uses
        raise
    # 3. Note what would have refused it, had it been enforced.
    notices = plan.notices
    if plan.policy.observes:
        notices = (*rate_notices(rates, now()), *limit_notices(hold, now()), *notices)
    return Admitted(hold=hold, rates=rates, notices=notices, granted_s=granted_s)

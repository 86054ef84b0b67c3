"""Plan a call, and admit it as planned.

`plan_call` answers every question that can be answered without asking the ledger or a rate limit. It is pure. The
questions come in this order, and the first that says no decides:

1. May this caller call at all, and does its token allow the task?
2. Does its plan contain the task, and which model classes?
3. Which of those does the rule `max_class` leave?
4. Which allowed model does the request's name stand for?
5. Can what it asks for be priced, and is its input small enough?

`admit` asks what is left: it draws from the call's rate limits, then holds what it may use on its meters.
"""

import copy
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Generic
from uuid import UUID

from msgspec import Struct

from metering.admission.demand import Asker, Candidates, Demand, M
from metering.admission.denial import no_room_error, too_few_error
from metering.admission.notices import Notice, limit_notices, rate_notices, setting_notices
from metering.admission.waiting_room import Answer, WaitingRoom
from metering.amounts import ONE_REQUEST
from metering.background import BackgroundTasks
from metering.catalog.served import (
    ModelIndex,
    PlanAccess,
    ServedModel,
    check_task,
    choose_model,
    served_by_name,
)
from metering.errors import LimitExceeded, NotPermitted
from metering.labels import Labels
from metering.ledger.port import Ledger
from metering.policy.values import EffectivePolicy, Limits, MeterLimits
from metering.rates.port import Buckets
from metering.rates.take import RateGrant, TooFew, take_rates
from metering.reservation.no_room import NoRoom
from metering.reservation.reserve import Hold, IdempotencyKey, has_hard_budget, reserve

Access = PlanAccess | NotPermitted
"""What a plan allows for a task, or why it allows nothing."""


class Route(Struct, frozen=True, kw_only=True):
    """The models that may serve a call, and every limit that it comes under."""

    candidates: Candidates
    limits: MeterLimits
    """Budgets and limits on calls at once."""
    rates: Limits
    shadow_rates: Limits


class CallPlan(Struct, Generic[M], frozen=True, kw_only=True):
    """All that an admitted call needs room for, and where."""

    demand: Demand[M]
    route: Route
    policy: EffectivePolicy
    hard: bool
    """Whether an enforced budget counts what a vendor charges for."""
    measured: M
    notices: tuple[Notice, ...]
    """Settings in shadow that would have refused or clamped the call."""


def plan_call(demand: Demand[M], access: Access, models: ModelIndex, policy: EffectivePolicy) -> CallPlan[M]:
    """The plan of a call under the policy in force.

    Raises NotPermitted, ModelNotFound, UnpriceableRequest, InputTooLarge, and what the caller's standing raises.
    """
    route = route_call(demand, access, models, policy)
    hard = has_hard_budget(route.limits)
    measured = demand.size.measure(route.candidates, policy, hard=hard)
    return CallPlan(
        demand=demand,
        route=route,
        policy=policy,
        hard=hard,
        measured=measured,
        notices=tuple(setting_notices(policy, measured, route.candidates[0]))
        if policy.shadow_settings
        else (),
    )


def route_call(demand: Demand[M], access: Access, models: ModelIndex, policy: EffectivePolicy) -> Route:
    """Questions 1 to 4. Raises NotPermitted, ModelNotFound and what the caller's standing raises."""
    asker = demand.asker
    allowed = _classes_for(asker, demand.task, access, policy)
    model = choose_model(models, allowed, demand.model, narrowed_to=asker.allowed_models)
    if model.provider_name in policy.own_keys:
        model = model.with_own_key_of(asker.subject.tenant_id)
    provider, agent_id, address = model.provider_name, demand.agent_id, demand.address
    return Route(
        candidates=(model,),
        limits=policy.limits_for((provider,), agent_id, model.model_class),
        rates=policy.rates.for_call(provider=provider, agent_id=agent_id, address=address),
        shadow_rates=policy.shadow_rates.for_call(provider=provider, agent_id=agent_id, address=address)
        if policy.observes
        else (),
    )


def models_by_name(
    asker: Asker, task: str, access: Access, models: ModelIndex, policy: EffectivePolicy
) -> dict[str, ServedModel]:
    """Every model, alias and class that the caller may ask for now, with the model that it stands for.

    Raises NotPermitted where the caller may ask for none, as a call would be refused.
    """
    allowed = _classes_for(asker, task, access, policy)
    return served_by_name(models, allowed, narrowed_to=asker.allowed_models)


def _classes_for(asker: Asker, task: str, access: Access, policy: EffectivePolicy) -> PlanAccess:
    """Questions 1 to 3."""
    if asker.refusal is not None:
        raise asker.refusal
    check_task(task, narrowed_to=asker.allowed_tasks)
    if isinstance(access, NotPermitted):
        raise copy.copy(access)  # one that is raised twice would keep both callers' frames alive
    dearest = policy.choice("max_class", "")
    return access.up_to(dearest) if dearest else access


class Admitted(Struct, frozen=True, kw_only=True):
    """What a call holds, and what it drew."""

    hold: Hold
    rates: RateGrant
    notices: tuple[Notice, ...]
    """What would have denied the call or cut it shorter, had it been enforced: rates, then limits, then settings."""
    granted_s: float
    """Monotonic time just before the hold was asked for: its lease ends no earlier than this plus `lease_s`."""
    waited_s: float = 0.0
    """How long it waited for room."""


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
    reservation_id: UUID | None = None,
    waiting: WaitingRoom | None = None,
) -> Admitted:
    """The committed hold of a call. Where it is refused, nothing stays held, and nothing stays drawn.

    Where it may wait for room (the rule `wait_for_room_s`), it does so in the waiting room.

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
    tenant_id = plan.demand.asker.subject.tenant_id
    ask = partial(
        reserve,
        ledger=ledger,
        background=background,
        tenant_id=tenant_id,
        labels=labels,
        bound=bound,
        limits=route.limits,
        lease_s=lease_s,
        idempotency=idempotency,
        reservation_id=reservation_id,
    )
    wait_s = plan.policy.number("wait_for_room_s")
    began_s = granted_s = time.monotonic()
    try:
        if wait_s and waiting is not None:
            amounts = bound + ONE_REQUEST
            refusal = None if waiting.has_line(route.limits) else Answer(await ask(), began_s)
            hold, granted_s = await waiting.hold(
                ask,
                tenant_id=tenant_id,
                limits=route.limits,
                amounts=amounts,
                wait_s=wait_s,
                refusal=refusal,
            )
        else:
            hold = await ask()
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
    return Admitted(
        hold=hold, rates=rates, notices=notices, granted_s=granted_s, waited_s=granted_s - began_s
    )

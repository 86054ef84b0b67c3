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

import asyncio
import copy
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Generic, NamedTuple
from uuid import UUID

from msgspec import Struct, structs

from metering.admission.demand import Asker, Candidates, Demand, M
from metering.admission.denial import no_room_error, too_few_error, waits_for_a_call
from metering.admission.notices import Notice, limit_notices, rate_notices, setting_notices
from metering.admission.waiting_room import WaitingRoom
from metering.amounts import NOTHING, ONE_REQUEST, Amounts
from metering.background import BackgroundTasks
from metering.catalog.served import (
    ModelIndex,
    PlanAccess,
    ServedModel,
    check_task,
    choose_models,
    served_by_name,
)
from metering.errors import MeteringError, ModelNotAllowed, ModelNotFound, NotPermitted
from metering.labels import Labels
from metering.ledger.port import Ledger
from metering.policy.values import EffectivePolicy, Limits, MeterLimits
from metering.rates.port import Buckets
from metering.rates.take import RateGrant, TooFew, take_rates
from metering.reservation.bounded_call import BoundedRequest
from metering.reservation.no_room import NoRoom
from metering.reservation.reserve import Hold, IdempotencyKey, has_hard_budget, reserve
from metering.types import Dimension, ModelClass, Scope

Access = PlanAccess | NotPermitted
"""What a plan allows for a task, or why it allows nothing."""


LONG_INPUT = 100_000
"""Bytes. The texts of longer requests are counted in a thread."""
COUNTS_INPUT = frozenset({Dimension.INPUT_TOKENS, Dimension.TOKENS, Dimension.COST})


class Route(Struct, frozen=True, kw_only=True):
    """The models that may serve a call, the one to try first in front, and every limit that it comes under."""

    candidates: Candidates
    model_class: str
    """Under whose limits it counts, whichever model serves it."""
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
    bound: Amounts
    """What is to be held: room for any of the candidates, or where there is not so much for the first."""
    notices: tuple[Notice, ...]
    """Settings in shadow that would have refused or clamped the call."""


def plan_call(demand: Demand[M], access: Access, models: ModelIndex, policy: EffectivePolicy) -> CallPlan[M]:
    """The plan of a call under the policy in force.

    Raises NotPermitted, ModelNotFound, UnpriceableRequest, InputTooLarge, and what the caller's standing raises.
    """
    return _planned(demand, route_call(demand, access, models, policy), policy)


def _planned(demand: Demand[M], route: Route, policy: EffectivePolicy) -> CallPlan[M]:
    """Question 5."""
    hard = has_hard_budget(route.limits)
    measured = demand.size.measure(route.candidates, policy, hard=hard)
    return CallPlan(
        demand=demand,
        route=route,
        policy=policy,
        hard=hard,
        measured=measured,
        bound=measured.bound,
        notices=tuple(setting_notices(policy, measured, route.candidates[0]))
        if policy.shadow_settings
        else (),
    )


def route_call(demand: Demand[M], access: Access, models: ModelIndex, policy: EffectivePolicy) -> Route:
    """Questions 1 to 4. Raises NotPermitted, ModelNotFound and what the caller's standing raises."""
    asker = demand.asker
    allowed = _classes_for(asker, demand.task, access, policy)
    found = choose_models(models, allowed, demand.model, narrowed_to=asker.allowed_models)
    cheaper = policy.choice("cheaper_class", "")
    if cheaper:
        found = _of_cheaper_class(found, cheaper, models, allowed, asker)
    if len(found) > 1 and policy.has_class_limits:
        found = tuple([model for model in found if model.model_class == found[0].model_class])
    if policy.own_keys:
        tenant_id = asker.subject.tenant_id
        found = tuple(
            [
                model.with_own_key_of(tenant_id) if model.provider_name in policy.own_keys else model
                for model in found
            ]
        )
    return _route_over(found, found[0].model_class, demand, policy)


def _of_cheaper_class(
    found: Candidates, cheaper: str, models: ModelIndex, allowed: PlanAccess, asker: Asker
) -> Candidates:
    """The models of a cheaper class, where that is allowed and the call asks for a dearer one."""
    ranks = list(ModelClass)
    if cheaper not in allowed.classes or ranks.index(ModelClass(found[0].model_class)) <= ranks.index(
        ModelClass(cheaper)
    ):
        return found
    try:
        return choose_models(models, allowed, cheaper, narrowed_to=asker.allowed_models)
    except (ModelNotFound, ModelNotAllowed):
        return found  # no model of that class is there for this token


def _route_over(
    candidates: Candidates, model_class: str, demand: Demand[M], policy: EffectivePolicy
) -> Route:
    """The limits of a call to these models. Rates are drawn of the provider that is to be tried first."""
    providers = tuple([model.provider_name for model in candidates])
    if len(providers) > 1:
        providers = tuple(dict.fromkeys(providers))
    first, agent_id, address = providers[0], demand.agent_id, demand.address
    return Route(
        candidates=candidates,
        model_class=model_class,
        limits=policy.limits_for(providers, agent_id, model_class),
        rates=policy.rates.for_call(provider=first, agent_id=agent_id, address=address),
        shadow_rates=policy.shadow_rates.for_call(provider=first, agent_id=agent_id, address=address)
        if policy.observes
        else (),
    )


def over_candidates(plan: CallPlan[M], candidates: Candidates) -> CallPlan[M]:
    """The same call at these models alone, in this order."""
    route = _route_over(candidates, plan.route.model_class, plan.demand, plan.policy)
    return _planned(plan.demand, route, plan.policy)


def arranged(plan: CallPlan[BoundedRequest], places: Sequence[int]) -> CallPlan[BoundedRequest]:
    """The plan with the models that can serve it in the order in which they are to be tried."""
    measured = plan.measured.arranged(places)
    candidates = tuple([call.model for call in measured.calls])
    route = _route_over(candidates, plan.route.model_class, plan.demand, plan.policy)
    return structs.replace(plan, route=route, measured=measured)


async def _measured_closer(
    plan: CallPlan[M], short: NoRoom | TooFew | None, *, aside: bool
) -> CallPlan[M] | None:
    """The same call with its texts counted, where that may find it room (`short` says what it has not; None: nobody
    knows). None: it would not, or it is not less.
    """
    if not any("tokenizer" in model.traits for model in plan.route.candidates):
        return None
    size = plan.demand.size.closer()
    if size is None or (short is not None and not _counting_may_help(short, plan.bound)):
        return None
    demand = structs.replace(plan.demand, size=size)
    if aside and plan.bound.input_tokens >= LONG_INPUT:
        closer = await asyncio.to_thread(_planned, demand, plan.route, plan.policy)
    else:
        closer = _planned(demand, plan.route, plan.policy)
    for less in (closer, _at_first_alone(closer)):
        if less is not None and less.bound != plan.bound and less.bound.beyond(plan.bound) == NOTHING:
            return structs.replace(less, notices=plan.notices)
    return None


def _counting_may_help(short: NoRoom | TooFew, bound: Amounts) -> bool:
    """Whether every limit that is short counts the input, and has not used up what the output alone needs."""
    if isinstance(short, TooFew):
        return short.levels is None and any(
            limit.dimension is Dimension.TOKENS and bound.output_tokens < limit.per_minute < draw.units
            for limit, draw in zip(short.limits, short.draws, strict=True)
        )
    for denial in short.denials:
        dimension = short.limits[denial.line].meter.dimension
        needed = bound.output_tokens if dimension is Dimension.TOKENS else 0
        if dimension not in COUNTS_INPUT or denial.limit - denial.used <= needed:
            return False
    return True


def _asking_for_less(plan: CallPlan[M], short: NoRoom | TooFew) -> CallPlan[M] | None:
    """The same call without the providers whose own limits are short, or held at the model to be tried first alone:
    whoever goes on to a dearer one has to extend the hold. None: it cannot ask for less.
    """
    candidates = plan.route.candidates
    if len(candidates) < 2:
        return None
    full = _short_providers(short, candidates[0].provider_name)
    left = tuple([model for model in candidates if model.provider_name not in full])
    if left and len(left) < len(candidates):
        return over_candidates(plan, left)
    return None if isinstance(short, TooFew) else _at_first_alone(plan)


def _at_first_alone(plan: CallPlan[M]) -> CallPlan[M] | None:
    """The same call held at the model to be tried first alone. None: it is so already."""
    candidates = plan.route.candidates
    if len(candidates) < 2:
        return None
    least = plan.demand.size.measure(candidates[:1], plan.policy, hard=plan.hard).bound
    return structs.replace(plan, bound=least) if least != plan.bound else None


def _short_providers(short: NoRoom | TooFew, first: str) -> set[str]:
    """The providers whose own budgets or rates have no room, if no other limit is short too."""
    if isinstance(short, NoRoom):
        meters = [short.limits[denial.line].meter for denial in short.denials]
        names = [(meter.subject_type, meter.subject_id) for meter in meters]
    else:
        names = [
            (limit.scope.value, first)
            for limit, wait_s in zip(short.limits, short.waits_s, strict=True)
            if wait_s > 0
        ]
    providers = {subject_id for kind, subject_id in names if kind == Scope.PROVIDER}
    return providers if len(providers) == len(set(names)) else set()


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

    plan: CallPlan[Any]
    """As it was let in: perhaps at fewer models than it asked for."""
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
    aside: bool = True,
) -> Admitted:
    """The committed hold of a call. Where it is refused, nothing stays held, and nothing stays drawn.

    Where there is no room for what it needs at most, it is measured closer, and asked for less. `aside`: long texts
    are counted in a thread.

    Where a rule lets it wait for room, it does so in the waiting room; None: there is none, and it never waits.

    Raises RateLimited, OverRateCapacity, BudgetExceeded, BudgetReserved, ConcurrencyExceeded, IdempotencyKeyTaken,
    IdempotencyMismatch and MeteringUnavailable.
    """

    room_for = partial(
        _room_for,
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
    while wait is None or not wait.room.has_line(_own_limits(plan)):
        found = await room_for(plan, wait=None)
        if isinstance(found, Admitted):
            return found
        less = await _measured_closer(plan, found.short, aside=aside) or _asking_for_less(plan, found.short)
        if less is not None:
            plan = less
            continue
        if wait is None or not isinstance(found.short, NoRoom) or not waits_for_a_call(found.short):
            raise found.error
        wait = wait._replace(refused=found.short)
        break
    # It waits, behind those who wait already, and asks for as little as it can.
    if wait.refused is None:
        plan = await _measured_closer(plan, None, aside=aside) or plan
    plan = _at_first_alone(plan) or plan
    found = await room_for(plan, wait=wait)
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
    """How a call waits for room."""

    room: WaitingRoom
    wait_s: float
    refused: NoRoom | None = None
    """What it has just been answered; None: it has not asked yet."""


class _Short(NamedTuple):
    """What had no room for a call, and its name."""

    short: NoRoom | TooFew
    error: MeteringError


async def _room_for(
    plan: CallPlan[M],
    *,
    labels: Labels,
    ledger: Ledger,
    buckets: Buckets,
    background: BackgroundTasks,
    lease_s: int,
    now: Callable[[], datetime],
    idempotency: IdempotencyKey | None,
    reservation_id: UUID | None,
    wait: _Wait | None = None,
) -> Admitted | _Short:
    bound, route = plan.bound, plan.route
    tenant_id = plan.demand.asker.subject.tenant_id
    # 1. Draw a request and its tokens from every rate limit.
    rates = await take_rates(
        buckets=buckets,
        limits=route.rates,
        shadow_limits=route.shadow_rates,
        tokens=bound.input_tokens + bound.output_tokens,
    )
    if isinstance(rates, TooFew):
        return _Short(rates, too_few_error(rates, now()))

    # 2. Hold its bound on every meter, or wait for room; whoever refuses, what was drawn is given back.
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
    notices = plan.notices
    if plan.policy.observes:
        notices = (*rate_notices(rates, now()), *limit_notices(hold, now()), *notices)
    return Admitted(
        plan=plan,
        hold=hold,
        rates=rates,
        notices=notices,
        granted_s=granted_s,
        waited_s=granted_s - began_s,
    )

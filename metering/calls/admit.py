"""Everything that can say no to a call, the hold last."""

import asyncio
import time
from collections.abc import Callable
from functools import partial

from metering.admission.notices import Notice, limit_notices, rate_notices, setting_notices
from metering.calls.collaborators import Collaborators
from metering.calls.values import Call, CallRequest
from metering.catalog.access import check_task, choose_model
from metering.catalog.served import ServedModel
from metering.errors import LimitExceeded, TaskNotAllowed
from metering.idempotency.recording import Recording
from metering.identity.principal import Principal
from metering.labels import CALLER_LABELS, Labels
from metering.policy.values import EffectivePolicy, PolicySubject
from metering.ports import Body, TaskRequest
from metering.rates.grant import RateGrant
from metering.rates.take import take_rates
from metering.reservation.allowance import Allowance
from metering.reservation.bound import BoundedCall, bound_call
from metering.reservation.hold import has_hard_budget
from metering.reservation.reserve import reserve

LARGE_INPUT = 256 * 1024
"""Bytes. A larger request is measured in a thread, so that the others need not wait for it."""


async def admit(with_: Collaborators, caller: Principal, request: CallRequest) -> Call:
    """The call with its hold committed.

    Raises NotPermitted, ModelNotFound, InvalidRequest, InputTooLarge, RateLimited, BudgetExceeded, BudgetReserved,
    ConcurrencyExceeded, IdempotencyKeyTaken, IdempotencyMismatch and MeteringUnavailable; then nothing is held,
    and nothing is drawn from a rate limit.
    """
    started_s = time.monotonic()
    task = request.task
    adapter = with_.adapters.get(task)
    if adapter is None:
        raise TaskNotAllowed(f"Nothing serves the task {task} here.")
    check_task(task, narrowed_to=caller.allowed_tasks)
    access = await with_.directory.access(caller.plan_code, task)
    policy = await with_.directory.policy(subject_of(caller), task)
    variants = policy.variants
    if variants is not None:
        policy = await with_.directory.variant(variants, with_.now())
    dearest = policy.choice("max_class", "")
    if dearest:
        access = access.up_to(dearest)
    models = await with_.directory.models()
    model = choose_model(models, access, request.model, narrowed_to=caller.allowed_models)
    limits = policy.limits_for((model.provider_name,), request.agent_id, model.model_class)
    work = TaskRequest(task=task, input=request.input, limits=policy.numbers)
    bound = partial(
        bound_call,
        candidates=(model,),
        policy=policy,
        count_tokens=with_.count_tokens,
        count_picture=with_.count_picture,
        hard=has_hard_budget(limits),
    )
    opening = adapter.opening(work)
    measure = partial(_measure, opening, bound, policy, model)
    if request.input_bytes < LARGE_INPUT:
        first, notices = measure()
    else:
        first, notices = await asyncio.to_thread(measure)
    rates = await _take_rates(with_, policy, request, model, first)
    granted_s = time.monotonic()
    try:
        hold = await reserve(
            ledger=with_.ledger,
            background=with_.background,
            tenant_id=caller.tenant_id,
            labels=_labels(caller, request, model),
            bound=first.bound,
            limits=limits,
            lease_s=with_.lease_s,
            now=with_.now(),
            idempotency=request.idempotency,
        )
    except BaseException as refusal:
        rates.give_back()
        if isinstance(refusal, LimitExceeded):
            refusal.rates = rates.uses
        raise
    if policy.observes:
        notices += [*rate_notices(rates), *limit_notices(hold)]
    if variants is not None:
        with_.directory.use.note(hold, variants.meters)
    allowance = Allowance(
        hold=hold,
        opening=(opening, first),
        model=model,
        bound=bound,
        ledger=with_.ledger,
        vendors=with_.vendors,
        now=with_.now,
    )
    return Call(
        hold=hold,
        model=model,
        policy=policy,
        adapter=adapter,
        request=work,
        allowance=allowance,
        rates=rates,
        started_s=started_s,
        granted_s=granted_s,
        notices=tuple(notices),
        recording=Recording() if request.idempotency is not None else None,
    )


def _measure(
    opening: Body,
    bound: Callable[[Body], BoundedCall],
    policy: EffectivePolicy,
    model: ServedModel,
) -> tuple[BoundedCall, list[Notice]]:
    """The first request's bound, and what settings in shadow would have said about it."""
    first = bound(opening)
    return first, [*setting_notices(policy, first, model)] if policy.shadow_settings else []


async def _take_rates(
    with_: Collaborators,
    policy: EffectivePolicy,
    request: CallRequest,
    model: ServedModel,
    first: BoundedCall,
) -> RateGrant:
    """What the call draws from its buckets, those in shadow included."""
    provider, agent_id, address = model.provider_name, request.agent_id, request.address
    return await take_rates(
        buckets=with_.buckets,
        limits=policy.rates.for_call(provider=provider, agent_id=agent_id, address=address),
        shadow_limits=policy.shadow_rates.for_call(provider=provider, agent_id=agent_id, address=address)
        if policy.observes
        else (),
        tokens=first.bound.input_tokens + first.bound.output_tokens,
        now=with_.now(),
    )


def subject_of(caller: Principal) -> PolicySubject:
    return PolicySubject(caller.tenant_id, caller.plan_code, caller.team_id, caller.user_id, caller.token_id)


def _labels(caller: Principal, request: CallRequest, model: ServedModel) -> Labels:
    return Labels(
        request_id=request.request_id,
        task=request.task.value,
        request_model=model.name,
        model_class=model.model_class,
        provider_name=model.provider_name,
        team_id=caller.team_id,
        user_id=caller.user_id,
        token_id=caller.token_id,
        **{name: getattr(request, name) for name in CALLER_LABELS},
    )

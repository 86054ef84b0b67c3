"""A logged call as a demand on admission."""

from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

from metering.admission.demand import Asker, Demand, LoggedSize, LoggedUse
from metering.admission.plan import CallPlan, Route
from metering.catalog.served import ModelIndex, ServedModel
from metering.policy.values import EffectivePolicy, MeterLimits
from metering.price import Price
from metering.simulation.logged import LoggedCall
from metering.types import MAX_AMOUNT, EnforcementMode


def demand_of_log(asker: Asker, call: LoggedCall) -> Demand[LoggedUse]:
    """What the call would ask for if it came again. The address that it came from is not in the log."""
    first = call.first
    return Demand(
        asker=asker,
        task=first.task,
        model=call.served.request_model,
        size=LoggedSize(call.used, [attempt.used for attempt in call.attempts]),
        agent_id=first.agent_id,
        tags=first.tags,
        conversation_id=first.conversation_id,
    )


def plan_of_use(demand: Demand[LoggedUse], policy: EffectivePolicy, call: LoggedCall) -> CallPlan[LoggedUse]:
    """A plan that holds what the call used, whether or not there is room for it, and draws nothing."""
    first, used = call.first, call.used
    providers = tuple(dict.fromkeys(attempt.provider_name for attempt in call.at_vendors))
    limits = _observed(policy.limits_for(providers, first.agent_id, first.model_class))
    return CallPlan(
        demand=demand,
        route=Route(candidates=(), model_class=first.model_class, limits=limits, rates=(), shadow_rates=()),
        policy=policy,
        hard=False,
        measured=LoggedUse(bound=used, answer_tokens=0, estimate_input=lambda limit: 0, saved_nano_usd=0),
        bound=used,
        verdicts=(),
    )


@lru_cache(maxsize=1_000)
def _observed(limits: MeterLimits) -> MeterLimits:
    return tuple(replace(limit, mode=EnforcementMode.OBSERVE) for limit in limits)


def with_retired(call: LoggedCall, models: ModelIndex) -> ModelIndex:
    """The models that are served, or, where the call's own is served no more, that one as the log has it."""
    served = call.served
    if served.request_model in models.by_name:
        return models
    return _retired(served.request_model, served.model_class, served.provider_name)


FREE = Price(input=Decimal(0), output=Decimal(0), cached_input=Decimal(0), cache_write=Decimal(0))


@lru_cache(maxsize=1_000)
def _retired(name: str, model_class: str, provider_name: str) -> ModelIndex:
    model = ServedModel(
        name=name,
        provider_name=provider_name,
        physical_name=name,
        model_class=model_class,
        context_tokens=MAX_AMOUNT,
        max_output_tokens=MAX_AMOUNT,
        price=FREE,
    )
    return ModelIndex(by_name={name: model}, by_alias={}, by_class={})

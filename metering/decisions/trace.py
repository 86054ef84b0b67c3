"""Why a policy says what it says: a step for every rule, budget and rate. Pure; made only when somebody asks."""

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from uuid import UUID

from metering.amounts import Amounts
from metering.decisions.decision import Standing, Step
from metering.errors import LimitUsage, RateUse
from metering.ledger.commands import MeterKey
from metering.policy.enforcement import ENFORCE, WARN
from metering.policy.values import EffectivePolicy, MeterLimit, MeterLimits
from metering.rules.registry import REGISTRY
from metering.rules.rule import BASE_SCOPES, TIGHTENING_SCOPES, Rule
from metering.rules.rule_key import Merge
from metering.tags import read_keys
from metering.types import Dimension, EnforcementMode, Scope, Window

MAX_STEPS = 500
CALLS_AT_ONCE = "max_concurrent"
Balance = tuple[int, int]
"""Used and held."""


def rule_steps(policy: EffectivePolicy, agent_id: str | None) -> Iterator[Step]:
    """Every rule that applies to the subject, the task and the agent that the call names, by key and in the order of
    rule.py.
    """
    standing = _sources(policy)
    for rule in sorted(policy.rules, key=_shown_order):
        if rule.scope is Scope.AGENT and rule.scope_id != agent_id:
            continue
        yield Step(
            rule=rule.key,
            value=rule.value,
            source=f"{rule.scope} {rule.scope_id}".strip(),
            source_id=rule.id,
            outcome=_standing(rule, policy, standing),
        )


def limit_steps(
    limits: MeterLimits,
    balances: Mapping[MeterKey, Balance],
    requested: Amounts,
    *,
    now: datetime,
    holding: bool,
) -> Iterator[Step]:
    """Every budget of a call, with what its meter says at `now`; one without a balance is empty.

    `holding`: the balances contain the call itself already.
    """
    for limit in limits:
        used, held = balances.get(limit.meter, (0, 0))
        amount, value = requested.of(limit.meter.dimension), limit.limit_at(now)
        fits = not amount or used + held + (0 if holding else amount) <= value
        yield Step(
            rule=limit.name,
            value=value,
            source=limit.scope.value,
            source_id=limit.source_id,
            outcome=Standing.HAS_ROOM if fits else _full(limit.mode),
            key=_key_of(limit),
            window=limit.meter.window.value,
            used=used,
            held=held,
            requested=amount,
            left=max(0, value - used - held),
            override=value - limit.limit,
            shared=limit.meter.tenant_id is None,
        )


def refused_steps(limits: MeterLimits, usage: LimitUsage, now: datetime) -> Iterator[Step]:
    """The budgets that apply to a call, of which one, whose figures are known, had no room."""
    calls_at_once = usage.dimension == Dimension.CONCURRENCY
    deciding = Step(
        rule=usage.budget,
        value=usage.limit,
        source=usage.scope,
        source_id=usage.source_id,
        outcome=Standing.NO_ROOM,
        key=CALLS_AT_ONCE if calls_at_once else "",
        window=Window.NONE.value if calls_at_once else usage.period,
        used=usage.current,
        held=usage.held,
        requested=usage.requested,
        left=max(0, usage.limit - usage.current - usage.held),
        override=usage.override,
        shared=usage.shared,
    )
    for limit in limits:
        if limit.source_id != usage.source_id and not limit.only_counts:
            yield Step(
                rule=limit.name,
                value=limit.limit_at(now),
                override=limit.limit_at(now) - limit.limit,
                source=limit.scope.value,
                source_id=limit.source_id,
                outcome=Standing.IN_FORCE if limit.enforced else _loose(limit.mode),
                key=_key_of(limit),
                window=limit.meter.window.value,
            )
    yield deciding


def rate_steps(rates: Iterable[RateUse]) -> Iterator[Step]:
    """Every bucket that the call draws from, with what it had left where that is known."""
    for rate in rates:
        if rate.fits is None:
            outcome = Standing.IN_FORCE if rate.mode is ENFORCE else _loose(rate.mode)
        else:
            outcome = Standing.HAS_ROOM if rate.fits else _full(rate.mode)
        yield Step(
            rule=rate.name,
            value=rate.per_minute,
            source=rate.scope,
            source_id=rate.source_id,
            outcome=outcome,
            key=rate.rule_key,
            window="minute",
            used=None if rate.used is None else math.ceil(rate.used),
            requested=rate.requested,
            left=None if rate.used is None else max(0, int(rate.per_minute - rate.used)),
            shared=rate.shared,
        )


def _sources(policy: EffectivePolicy) -> dict[UUID, Standing]:
    """The rules whose values count somewhere, with how they count."""
    found = {setting.rule_id: _loose(setting.mode) for setting in policy.shadow_settings.values()}
    for limit in policy.limits:
        if limit.source_id is not None:
            found[limit.source_id] = Standing.IN_FORCE if limit.enforced else _loose(limit.mode)
    for rates in (policy.shadow_rates, policy.rates):
        for rate in rates.everything():
            if rate.rule_id is not None:
                found[rate.rule_id] = Standing.IN_FORCE if rate.mode is ENFORCE else _loose(rate.mode)
    for key, setting in policy.settings.items():
        if key not in COUNTED_APART:
            found[setting.rule_id] = Standing.IN_FORCE
    return found


COUNTED_APART = frozenset(key for key in REGISTRY if key == CALLS_AT_ONCE or "_per_minute" in key)
"""Keys of which several rules may be in force at once, each with a meter or bucket of its own."""


def _standing(rule: Rule, policy: EffectivePolicy, sources: Mapping[UUID, Standing]) -> Standing:
    if rule.condition is not None and rule.condition not in policy.holding:
        return Standing.NOT_NOW
    if rule.id in sources:
        return sources[rule.id]
    if rule.mode is not ENFORCE:
        return _loose(rule.mode)
    if REGISTRY[rule.key].merge is Merge.UNION:
        in_force = set(policy.required_tags).issuperset(read_keys(rule.value))
        return Standing.IN_FORCE if in_force else Standing.OBSERVED
    if rule.scope in BASE_SCOPES or REGISTRY[rule.key].merge is Merge.REPLACE:
        return Standing.OVERRIDDEN
    return Standing.NOT_TIGHTER if rule.scope in TIGHTENING_SCOPES else Standing.OVERRIDDEN


def _loose(mode: EnforcementMode) -> Standing:
    return Standing.WARNS if mode is WARN else Standing.OBSERVED


def _full(mode: EnforcementMode) -> Standing:
    return Standing.NO_ROOM if mode is ENFORCE else Standing.WOULD_DENY


def _key_of(limit: MeterLimit) -> str:
    return CALLS_AT_ONCE if limit.meter.dimension is Dimension.CONCURRENCY else ""


def _shown_order(rule: Rule) -> tuple[object, ...]:
    ranked = rule.scope in BASE_SCOPES or rule.scope in TIGHTENING_SCOPES
    return (rule.key, ranked, rule.order if ranked else (rule.scope_id, rule.id))

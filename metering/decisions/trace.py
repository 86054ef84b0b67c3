"""Why a policy says what it says: a step for every rule, budget and rate. Pure; made only when somebody asks."""

import math
from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from metering.amounts import Amounts
from metering.decisions.decision import Standing, Step
from metering.errors import LimitUsage, RateUse
from metering.ledger.commands import MeterKey
from metering.policy.enforcement import ENFORCE, WARN
from metering.policy.registry import REGISTRY
from metering.policy.rule import BASE_SCOPES, NARROW_SCOPES, Rule
from metering.policy.rule_key import Merge
from metering.policy.values import EffectivePolicy, Lines, LineTemplate
from metering.types import Dimension, EnforcementMode, Window

MAX_STEPS = 500
CALLS_AT_ONCE = "max_concurrent"
Balance = tuple[int, int]
"""Used and held."""


def rule_steps(policy: EffectivePolicy) -> Iterator[Step]:
    """Every rule that applies to the subject and the task, by key and in the order of rule.py."""
    standing = _sources(policy)
    for rule in sorted(policy.rules, key=_shown_order):
        yield Step(
            rule=rule.key,
            value=rule.value,
            source=f"{rule.scope} {rule.scope_id}".strip(),
            source_id=rule.id,
            outcome=_standing(rule, policy, standing),
        )


def line_steps(
    lines: Lines,
    balances: Mapping[MeterKey, Balance],
    requested: Amounts,
    *,
    holding: bool,
) -> Iterator[Step]:
    """Every budget of a call, with what its meter says; one without a balance is empty.

    `holding`: the balances contain the call itself already.
    """
    for line in lines:
        used, held = balances.get(line.meter, (0, 0))
        amount = requested.of(line.meter.dimension)
        fits = not amount or used + held + (0 if holding else amount) <= line.limit
        yield Step(
            rule=line.name,
            value=line.limit,
            source=line.scope.value,
            source_id=line.source_id,
            outcome=Standing.HAS_ROOM if fits else _full(line.mode),
            key=_key_of(line),
            window=line.meter.window.value,
            used=used,
            held=held,
            requested=amount,
            left=max(0, line.limit - used - held),
            shared=line.meter.tenant_id is None,
        )


def refused_steps(lines: Lines, usage: LimitUsage) -> Iterator[Step]:
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
        shared=any(line.source_id == usage.source_id and line.meter.tenant_id is None for line in lines),
    )
    for line in lines:
        if line.source_id != usage.source_id and not line.only_counts:
            yield Step(
                rule=line.name,
                value=line.limit,
                source=line.scope.value,
                source_id=line.source_id,
                outcome=Standing.IN_FORCE if line.enforced else _loose(line.mode),
                key=_key_of(line),
                window=line.meter.window.value,
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
    found = {setting.rule_id: _loose(setting.mode) for setting in policy.tried.values()}
    for line in policy.lines:
        found[line.source_id] = Standing.IN_FORCE if line.enforced else _loose(line.mode)
    for rates in (policy.tried_rates, policy.rates):
        for limit in rates.everything():
            if limit.rule_id is not None:
                found[limit.rule_id] = Standing.IN_FORCE if limit.mode is ENFORCE else _loose(limit.mode)
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
    if rule.scope in BASE_SCOPES or REGISTRY[rule.key].merge is Merge.REPLACE:
        return Standing.OVERRIDDEN
    return Standing.NOT_TIGHTER if rule.scope in NARROW_SCOPES else Standing.OVERRIDDEN


def _loose(mode: EnforcementMode) -> Standing:
    return Standing.WARNS if mode is WARN else Standing.OBSERVED


def _full(mode: EnforcementMode) -> Standing:
    return Standing.NO_ROOM if mode is ENFORCE else Standing.WOULD_DENY


def _key_of(line: LineTemplate) -> str:
    return CALLS_AT_ONCE if line.meter.dimension is Dimension.CONCURRENCY else ""


def _shown_order(rule: Rule) -> tuple[object, ...]:
    ranked = rule.scope in BASE_SCOPES or rule.scope in NARROW_SCOPES
    return (rule.key, ranked, rule.order if ranked else (rule.scope_id, rule.id))

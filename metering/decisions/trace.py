"""Why a policy says what it says: a step for every rule, budget and rate. Pure; made only when somebody asks."""

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from metering.decisions.decision import Standing, Step
from metering.errors import LimitUsage
from metering.ledger.commands import MeterKey
from metering.policy.enforcement import ENFORCE, WARN
from metering.policy.rate_limit import RateLimit
from metering.policy.registry import REGISTRY, Merge
from metering.policy.rule import BASE_SCOPES, NARROW_SCOPES, Rule
from metering.policy.values import EffectivePolicy, Lines, LineTemplate
from metering.types import Dimension, EnforcementMode

MAX_STEPS = 500
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
    requested: Mapping[Dimension, int],
    *,
    holding: bool,
) -> Iterator[Step]:
    """Every budget of a call, with what its meter says; one without a balance is empty.

    `holding`: the balances contain the call itself already.
    """
    for line in lines:
        used, held = balances.get(line.meter, (0, 0))
        amount = requested.get(line.meter.dimension, 0)
        fits = not amount or used + held + (0 if holding else amount) <= line.limit
        yield Step(
            rule=line.name,
            value=line.limit,
            source=line.scope.value,
            source_id=line.source_id,
            outcome=Standing.HAS_ROOM if fits else _full(line),
            used=used,
            held=held,
            requested=amount,
            shared=line.meter.tenant_id is None,
        )


def refused_steps(lines: Lines, usage: LimitUsage) -> Iterator[Step]:
    """The budgets that apply to a call, of which one, whose figures are known, had no room."""
    deciding = Step(
        rule=usage.budget,
        value=usage.limit,
        source=usage.scope,
        source_id=usage.source_id,
        outcome=Standing.NO_ROOM,
        used=usage.current,
        held=usage.held,
        requested=usage.requested,
        shared=any(line.source_id == usage.source_id and line.meter.tenant_id is None for line in lines),
    )
    for line in lines:
        if line.source_id != usage.source_id:
            yield Step(
                rule=line.name,
                value=line.limit,
                source=line.scope.value,
                source_id=line.source_id,
                outcome=Standing.IN_FORCE if line.enforced else _loose(line.mode),
            )
    yield deciding


def rate_steps(limits: Iterable[RateLimit]) -> Iterator[Step]:
    """Every bucket that the call draws from."""
    for limit in limits:
        yield Step(
            rule=limit.name,
            value=limit.per_minute,
            source=limit.scope.value,
            source_id=limit.rule_id,
            outcome=Standing.IN_FORCE if limit.mode is ENFORCE else _loose(limit.mode),
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


COUNTED_APART = frozenset(key for key in REGISTRY if key == "max_concurrent" or "_per_minute" in key)
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


def _full(line: LineTemplate) -> Standing:
    return Standing.NO_ROOM if line.enforced else Standing.WOULD_DENY


def _shown_order(rule: Rule) -> tuple[object, ...]:
    ranked = rule.scope in BASE_SCOPES or rule.scope in NARROW_SCOPES
    return (rule.key, ranked, rule.order if ranked else (rule.scope_id, rule.id))

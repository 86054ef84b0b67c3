"""Every limit that counts for somebody now: its value, the rule that sets it, and what it takes the place of.

    limits = effective_limits(source=read_policy_rows(tenant=tenant), subject=subject, now=now)

The same on a source that was read after a change (`read_policy_rows(after=...)`) says what an edit would make of it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from metering.decisions.trace import COUNTED_APART
from metering.policy.enforcement import ENFORCE, mode_for
from metering.policy.merge import Slot, by_key, winner, winners
from metering.policy.meter_limits import DEFAULT_IDS, DEFAULTS
from metering.policy.source import Policies
from metering.policy.values import EffectivePolicy, MeterLimit, PolicySubject
from metering.rules.registry import PER_AGENT_DEFAULT, REGISTRY
from metering.rules.rule import BASE_SCOPES, NARROW_SCOPES, Rule
from metering.rules.rule_key import Merge, RuleKey
from metering.simulation.explain import policy_at
from metering.simulation.source_names import SourceNames
from metering.types import TOLD_BY_CALL, Dimension, EnforcementMode, Scope, Task

PER_AGENT_KEY = "requests_per_minute_per_agent"
NOBODYS = UUID(int=0)
"""The id of a rule that stands in no table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBy:
    """A rule or budget with the value that it sets."""

    value: int | str
    scope: Scope | None
    """None: no rule; the value is built in."""
    name: str
    """Whose rule it is, as people call it: `everyone`, `plan PRO`, `alder`, `team research`."""
    id: UUID | None = None
    task: str | None = None
    since: datetime | None = None
    when: str = ""
    """The condition under which it counts; empty: always."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveLimit:
    """One limit of one key, or one budget, for some tasks."""

    key: str
    """Of the rule; of a budget `cost/day` and the like."""
    unit: str
    """Of a budget of cost `usd`: its values are nano-USD."""
    counted_for: str
    """Whose use it counts, of limits that count: `tenant`, `user`; empty: each call by itself."""
    tasks: tuple[str, ...]
    """Those for which it is so; empty: every task that knows the key."""
    set_by: SetBy
    mode: EnforcementMode
    """Anything but enforce: it is only observed, or warns."""
    in_place_of: tuple[SetBy, ...] = ()
    """What would count without it, the nearest first."""
    is_tighter: bool = False
    """Whether a team's, person's or token's rule makes it tighter than the tenant's."""
    not_now: tuple[SetBy, ...] = ()
    """Rules about the same whose condition does not hold at the moment."""
    model_class: str = ""
    is_budget: bool = False
    override: int = 0
    """Of a budget: what overrides add to its value for now."""

    @property
    def value(self) -> int | str:
        return self.set_by.value

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What tells that a limit before an edit and one after it are the same, besides its tasks."""
        return self.key, self.counted_for, self.model_class, self.set_by.name if self.is_budget else ""


def effective_limits(
    *,
    source: Policies,
    subject: PolicySubject,
    now: datetime,
    task: str | None = None,
    with_shared: bool = False,
) -> list[EffectiveLimit]:
    """In the order of the registry's keys, budgets last; what is the same for several tasks is one limit.

    `with_shared`: also budgets that tenants share, which tenants must not see. Raises NotFound for an unknown tenant.
    """
    tasks = [task] if task is not None else [known.value for known in Task]
    policies = {each: policy_at(source, subject, each, now) for each in tasks}
    names = SourceNames(subject)
    found: dict[EffectiveLimit, list[str]] = {}
    for each, policy in policies.items():
        for limit in (*_of_rules(policy, subject, names), *_of_budgets(policy, names, with_shared, now)):
            found.setdefault(limit, []).append(each)
    order = {key: place for place, key in enumerate(REGISTRY)}
    limits = [_for_tasks(limit, found[limit], tasks) for limit in found]
    return sorted(limits, key=lambda limit: (order.get(limit.key, len(order)), limit.key, limit.tasks))


def _for_tasks(limit: EffectiveLimit, tasks: list[str], asked: list[str]) -> EffectiveLimit:
    spec = REGISTRY.get(limit.key)
    known = [task for task in asked if spec is None or task in spec.tasks]
    return limit if tasks == known else replace(limit, tasks=tuple(tasks))


def _of_rules(
    policy: EffectivePolicy, subject: PolicySubject, names: SourceNames
) -> Iterator[EffectiveLimit]:
    rules = by_key(rule for rule in policy.rules if rule.scope not in TOLD_BY_CALL)
    for key, spec in REGISTRY.items():
        if not spec.is_read or policy.task not in spec.tasks:
            continue
        of_key = rules.get(key, [])
        holding = [rule for rule in of_key if rule.condition is None or rule.condition in policy.holding]
        enforced = [
            rule
            for rule in holding
            if mode_for(rule.mode, rule.enforce_percent, subject.principal) is ENFORCE
        ]
        not_now = tuple(_set_by(rule, names) for rule in of_key if rule not in holding)
        chosen = _chosen(spec, enforced, policy.task)
        for slot, rule in chosen.items():
            mode = policy.mode if spec.is_limit and rule.scope is not Scope.GLOBAL else ENFORCE
            yield EffectiveLimit(
                key=key,
                unit=spec.unit,
                counted_for=_counted_for(spec, slot),
                tasks=(),
                set_by=_set_by(rule, names),
                mode=mode,
                in_place_of=_in_place_of(spec, rule, enforced, names),
                is_tighter=rule.scope in NARROW_SCOPES,
                not_now=not_now,
            )
        for rule in holding:
            if rule not in enforced:
                yield EffectiveLimit(
                    key=key,
                    unit=spec.unit,
                    counted_for="",
                    tasks=(),
                    set_by=_set_by(rule, names),
                    mode=_loose(rule),
                )


def _chosen(spec: RuleKey, rules: list[Rule], task: str) -> dict[Slot, Rule]:
    """The rules that count: of what is counted apart one for each that it counts for, else one."""
    if spec.name not in COUNTED_APART:
        one = winner(rules) or _built_in(spec, task)
        return {Slot(one.scope, one.task): one} if one is not None else {}
    found = dict(winners(rules))
    if not any(slot.scope is Scope.TENANT for slot in found):
        built_in = _built_in(spec, task)
        if built_in is not None:
            found[Slot(Scope.TENANT, None)] = built_in
    return found


def _built_in(spec: RuleKey, task: str) -> Rule | None:
    """The default of a key, as a rule of nobody."""
    if spec.name == "max_concurrent":
        return DEFAULTS.get(task)
    value = PER_AGENT_DEFAULT if spec.name == PER_AGENT_KEY else spec.default
    if value is None:
        return None
    return Rule(id=NOBODYS, scope=Scope.GLOBAL, task=None, key=spec.name, value=value)


def _counted_for(spec: RuleKey, slot: Slot) -> str:
    if spec.name not in COUNTED_APART:
        return ""
    each = spec.name.partition("_per_minute_per_")[2]
    return f"each {each}" if each else slot.scope.value


def _in_place_of(spec: RuleKey, rule: Rule, rules: Iterable[Rule], names: SourceNames) -> tuple[SetBy, ...]:
    """Rules that would count if this one did not: for the base only those of the base."""
    if spec.merge is Merge.UNION or (spec.name in COUNTED_APART and rule.scope in NARROW_SCOPES):
        return ()  # it counts beside the others
    others = [each for each in rules if each is not rule and each.order < rule.order]
    if rule.scope in BASE_SCOPES:
        others = [each for each in others if each.scope in BASE_SCOPES]
    others.sort(key=lambda each: each.order, reverse=True)
    found = [_set_by(each, names) for each in others]
    built_in = None if _is_built_in(rule) else _built_in(spec, rule.task or "")
    return (*found, *([_set_by(built_in, names)] if built_in is not None else []))


def _of_budgets(
    policy: EffectivePolicy, names: SourceNames, with_shared: bool, now: datetime
) -> Iterator[EffectiveLimit]:
    for limit in _budgets(policy):
        if limit.meter.tenant_id is None and not with_shared:
            continue
        yield EffectiveLimit(
            key=f"{limit.meter.dimension}/{limit.meter.window}",
            unit=Dimension(limit.meter.dimension).unit,
            counted_for=str(limit.meter.subject_type),
            tasks=(),
            set_by=SetBy(
                value=limit.limit,
                scope=limit.scope,
                name=names.of(limit.scope, limit.meter.subject_id),
                id=limit.source_id,
                task=limit.meter.task or None,
                since=limit.counts_since,
            ),
            mode=limit.mode,
            model_class=limit.model_class or "",
            is_budget=True,
            override=limit.limit_at(now) - limit.limit,
        )


def _budgets(policy: EffectivePolicy) -> Iterator[MeterLimit]:
    groups = (
        policy.limits,
        *policy.by_class.values(),
        *policy.by_agent.values(),
        policy.each_agent,
        policy.each_tag,
        policy.each_conversation,
    )
    for group in groups:
        for limit in group:
            if not limit.only_counts and limit.meter.dimension is not Dimension.CONCURRENCY:
                yield limit


def _set_by(rule: Rule, names: SourceNames) -> SetBy:
    if _is_built_in(rule):
        return SetBy(value=rule.value, scope=None, name="built in", task=rule.task)
    return SetBy(
        value=rule.value,
        scope=rule.scope,
        name=names.of(rule.scope, rule.scope_id),
        id=rule.id,
        task=rule.task,
        since=rule.counts_since,
        when=str(rule.condition) if rule.condition is not None else "",
    )


def _is_built_in(rule: Rule) -> bool:
    return rule.id == NOBODYS or rule.id in DEFAULT_IDS


def _loose(rule: Rule) -> EnforcementMode:
    """Of a rule that is not enforced for this caller: one in a share that others are in is observed."""
    return rule.mode if rule.mode is not ENFORCE else EnforcementMode.OBSERVE

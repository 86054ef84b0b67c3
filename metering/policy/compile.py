"""Compiles rules and budgets into the policy of one subject and task. Pure: it reads nothing."""

from collections.abc import Iterable
from dataclasses import replace

from metering.policy.labelled import LabelledPolicies, Name
from metering.policy.merge import merge_settings, modes_of
from metering.policy.meter_limits import BudgetRow, TenantCalendar, budget_limit, concurrency_limits
from metering.policy.rates import call_rates, shadow_rates
from metering.policy.values import EffectivePolicy, MeterLimit, MeterLimits, PolicySubject
from metering.policy.variants import ConditionalPolicies
from metering.rules.conditions import Condition
from metering.rules.rule import Rule
from metering.types import TOLD_LATE, Scope, SubjectType

LABELS = (Scope.TAG, Scope.CONVERSATION)
EACH_LABEL = (SubjectType.TAG, SubjectType.CONVERSATION)


def compile_policy(
    subject: PolicySubject,
    task: str,
    tenant: TenantCalendar,
    *,
    rules: Iterable[Rule],
    budgets: Iterable[BudgetRow],
    feature: str = "",
    own_keys: frozenset[str] = frozenset(),
) -> EffectivePolicy:
    """Compile rules and budgets, all of which apply to the subject and the task. `own_keys` are the providers for which
    the tenant has keys of its own.

    If some rules have conditions, the policy returned is that of a moment at which no condition holds. Its `variants`
    compiles the others when they are first needed. The policy is that of a call without tags and conversation;
    `EffectivePolicy.labelled` compiles those of others.
    """
    rules, budgets = tuple(rules), tuple(budgets)
    about = (
        *[(rule.scope, rule.scope_id) for rule in rules],
        *[(row.scope, row.scope_id) for row in budgets],
    )
    names = frozenset((scope, scope_id) for scope, scope_id in about if scope in LABELS)
    has_labelled = bool(names) or any(budget.per in EACH_LABEL for budget in budgets)

    def holding(conditions: frozenset[Condition]) -> EffectivePolicy:
        def compiled(own: frozenset[Name]) -> EffectivePolicy:
            policy = _compile(subject, task, tenant, rules, budgets, feature, conditions, own)
            return replace(policy, own_keys=own_keys) if own_keys else policy

        policy = compiled(frozenset())
        return replace(policy, labelled=LabelledPolicies(names, compiled)) if has_labelled else policy

    policy = holding(frozenset())
    conditions = frozenset(rule.condition for rule in rules if rule.condition is not None)
    if not conditions:
        return policy
    return replace(policy, variants=ConditionalPolicies(conditions, policy.limits, holding))


def _compile(
    subject: PolicySubject,
    task: str,
    tenant: TenantCalendar,
    rules: tuple[Rule, ...],
    budgets: tuple[BudgetRow, ...],
    feature: str,
    holding: frozenset[Condition],
    own: frozenset[Name],
) -> EffectivePolicy:
    """The policy of a moment at which these conditions hold, for calls with these tags and this conversation (`own`).

    1. Leave out what is about other tags and conversations, and rules whose condition does not hold.
    2. Merge the rules into settings, and make limits of those about calls at once.
    3. Sort the budgets' limits by what decides whether they concern a call: its provider, agent, class, its labels,
       or nothing.
    """
    rules = tuple([rule for rule in rules if rule.scope not in LABELS or (rule.scope, rule.scope_id) in own])
    holding_rules = [rule for rule in rules if rule.condition is None or rule.condition in holding]
    counting = [rule for rule in holding_rules if rule.scope not in TOLD_LATE]
    modes = modes_of(counting, tenant.mode, subject.principal)
    settings, shadow_settings = merge_settings(counting, modes)
    always = concurrency_limits(counting, subject, tenant, modes, task=task)
    by_provider: dict[str, list[MeterLimit]] = {}
    by_agent: dict[str, list[MeterLimit]] = {}
    by_class: dict[str, list[MeterLimit]] = {}
    each: dict[SubjectType, list[MeterLimit]] = {
        SubjectType.PROVIDER: [],
        SubjectType.AGENT: [],
        **{per: [] for per in EACH_LABEL},
    }
    for budget in budgets:
        if budget.scope in LABELS and (budget.scope, budget.scope_id) not in own:
            continue
        limit = budget_limit(budget, subject, tenant, modes)
        if budget.scope is Scope.PROVIDER:
            by_provider.setdefault(budget.scope_id, []).append(limit)
        elif budget.scope is Scope.AGENT:
            by_agent.setdefault(budget.scope_id, []).append(limit)
        elif budget.per in each and budget.scope not in LABELS:
            each[budget.per].append(limit)
        elif budget.model_class is not None:
            by_class.setdefault(budget.model_class, []).append(limit)
        else:
            always.append(limit)
    return EffectivePolicy(
        task=task,
        mode=modes.overall,
        settings=settings,
        shadow_settings=shadow_settings,
        limits=tuple(always),
        by_provider=_frozen(by_provider),
        by_agent=_frozen(by_agent),
        by_class=_frozen(by_class),
        each_provider=tuple(each[SubjectType.PROVIDER]),
        each_agent=tuple(each[SubjectType.AGENT]),
        each_tag=tuple(each[SubjectType.TAG]),
        each_conversation=tuple(each[SubjectType.CONVERSATION]),
        rates=call_rates(holding_rules, subject, modes, feature=feature),
        shadow_rates=shadow_rates(holding_rules, subject, modes, feature=feature),
        rules=rules,
        holding=holding,
        markup=tenant.markup,
    )


def _frozen(groups: dict[str, list[MeterLimit]]) -> dict[str, MeterLimits]:
    return {name: tuple(limits) for name, limits in groups.items()}

"""A change that somebody thinks about: of a rule, a budget, a tenant's plan or a tenant's status.

It is carried out by the verb that the API and the console call, looked at, and undone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from metering.identity.find import find_plan
from metering.models import Budget, PolicyRule, Tenant
from metering.policy.edit.set_budget import BudgetSet, set_budget
from metering.policy.edit.set_rule import RuleSet, set_rule
from metering.policy.edit.switch_off import switch_off
from metering.policy.edit.target import PolicyTarget
from metering.policy.overrides.add import add_override
from metering.policy.overrides.counter import Counter
from metering.types import Scope

ACTOR = "preview"
Row = Budget | PolicyRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What would be done, and to whom. `apply` is called within a transaction that is rolled back."""

    scope: Scope
    """Whose calls it concerns: those of the gateway, of a plan, a tenant or somebody in it."""
    tenant: Tenant | None = None
    scope_id: str = ""
    apply: Callable[[], object] | None = None
    """The verb. A BudgetSet, a RuleSet or a row that it returns is what the change is about; anything else may concern
    every limit of the scope."""
    plan: str | None = None
    """The plan that the tenant moves to."""
    suspends: bool = False
    """Whether every call of the tenant is refused from then on."""


def rule_change(
    *,
    target: PolicyTarget,
    key: str,
    value: object,
    now: datetime,
    task: str | None = None,
    when: Mapping[str, object] | None = None,
    **manner: Any,
) -> Change:
    """A rule set, new or with another value. `manner` is what else `set_rule` takes."""
    verb = partial(
        set_rule, target=target, key=key, value=value, task=task, when=when, actor=ACTOR, now=now, **manner
    )
    return _for(target, verb)


def budget_change(
    *, target: PolicyTarget, dimension: str, window: str, amount: str, now: datetime, **facts: Any
) -> Change:
    """A budget set, new or with another amount. `facts` are what else `set_budget` takes."""
    verb = partial(
        set_budget,
        target=target,
        dimension=dimension,
        window=window,
        amount=amount,
        actor=ACTOR,
        now=now,
        **facts,
    )
    return _for(target, verb)


def off_change(row: Row, *, now: datetime) -> Change:
    """A rule or a budget switched off or deleted."""

    def apply() -> Row:
        if isinstance(row, Budget):
            return switch_off(row=row, actor=ACTOR, now=now)
        return switch_off(row=row, actor=ACTOR, now=now)

    return change_of_row(row, apply)


def change_of_row(row: Row, apply: Callable[[], object]) -> Change:
    """A rule or a budget changed in some other way: `apply` does it and returns the row."""
    return Change(scope=Scope(row.scope), tenant=row.tenant, scope_id=row.scope_id, apply=apply)


def override_change(*, counter: Counter, amount: int, now: datetime) -> Change:
    """A budget raised until somebody takes that back, for one of its counters or for everybody's in the tenant."""

    def apply() -> Budget:
        add_override(counter=counter, amount=amount, windows=None, actor=ACTOR, now=now)
        return counter.budget

    per = counter.budget.per
    is_whole = counter.subject_id is None or per not in set(Scope) or per == Scope.TENANT
    scope = Scope.TENANT if is_whole and counter.tenant is not None else Scope(per)
    scope_id = "" if is_whole else counter.subject_id or ""
    return Change(scope=scope, tenant=counter.tenant, scope_id=scope_id, apply=apply)


def plan_change(*, tenant: Tenant, plan: str) -> Change:
    """A tenant's live tokens moved to another plan. Raises NotFound for an unknown one."""
    return Change(scope=Scope.TENANT, tenant=tenant, plan=find_plan(plan).code)


def suspension(tenant: Tenant) -> Change:
    """A tenant suspended or closed."""
    return Change(scope=Scope.TENANT, tenant=tenant, suspends=True)


def row_of(done: object) -> Row | None:
    """The rule or budget that a verb has changed."""
    if isinstance(done, BudgetSet):
        return done.budget
    if isinstance(done, RuleSet):
        return done.rule
    return done if isinstance(done, Row) else None


def _for(target: PolicyTarget, verb: Callable[[], object]) -> Change:
    return Change(scope=target.scope, tenant=target.tenant, scope_id=target.scope_id, apply=verb)

"""Turns budgets and `max_concurrent` rules into limits on meters. Pure.

A budget says whose use it counts (`per`). The caller may have no such subject:

- `user`, but a bare token makes the call: the token counts as one user, by its id, so that it is not unlimited.
- `team`, but the call names none: all such calls of the tenant share one meter, as if they were one more team. Calls
  without a token share one in the same way.
- `agent`, `tag`, `conversation` and `provider` are known with the call only. A call that names no agent is under no
  agent's budget, one in no conversation under no conversation's, one without tags under no tag's, and one with
  several under each one's.

A tenant in mode observe or warn loosens its own limits, but not those of the gateway and of providers. A limit that is
only observed raises no alerts. A limit that is enforced for a share of callers does, since all count on one meter.

A meter counts whatever limits there are, and two limits that count the same thing stand on one meter. It has to count
all that a tenant does. So the budgets of every plan that the tenant was ever on are limits of each of its calls, of
which only those of the caller's own plan can deny.

A rule about one task counts that task's calls only where it is the one in force, so its meter is of the task. The
value of `max_concurrent` may change with the time of day. Its meter must not, or calls in flight would not count after
the change. So a slot's meter is of the task of its rule without a condition, if it has one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from uuid import NAMESPACE_OID, UUID, uuid5

from metering.ledger.commands import ALWAYS, MeterKey
from metering.policy.enforcement import WARN, Modes, loosest, mode_for
from metering.policy.merge import Slot, winners
from metering.policy.overrides.raises import Override, raises_of
from metering.policy.values import MeterLimit, PolicySubject
from metering.price import NO_MARKUP
from metering.rules.registry import CONCURRENT_DEFAULTS
from metering.rules.rule import BASE_SCOPES, Rule, whose
from metering.thresholds import CONCURRENCY_THRESHOLDS, thresholds_text
from metering.types import (
    OPERATORS_SCOPES,
    SUBJECTS_TOLD_BY_CALL,
    Dimension,
    EnforcementMode,
    Scope,
    SubjectType,
    Window,
)

DEFAULTS = {
    task.value: Rule(
        id=uuid5(NAMESPACE_OID, f"max_concurrent of {task}"),
        scope=Scope.GLOBAL,
        task=task.value,
        key="max_concurrent",
        value=most,
    )
    for task, most in CONCURRENT_DEFAULTS.items()
}
"""Rules that stand in no table, by task. Their ids name their limits in the ledger."""
DEFAULT_IDS = frozenset(rule.id for rule in DEFAULTS.values())
SHARED = frozenset({SubjectType.GLOBAL, SubjectType.PROVIDER})
SHARED_BY_PLANS = frozenset(
    {SubjectType.TENANT, SubjectType.TEAM, SubjectType.AGENT, SubjectType.TAG, SubjectType.CONVERSATION}
)
"""Subjects whose calls may be on several plans at once, so that each plan's alerts concern them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetRow:
    """A budget that applies to the subject and the task. The amount is in the ledger's units: nano-USD for cost."""

    id: UUID
    scope: Scope
    scope_id: str
    per: SubjectType
    dimension: Dimension
    window: Window
    amount: int
    hard: bool = True
    mode: EnforcementMode = EnforcementMode.ENFORCE
    enforce_percent: int = 100
    release_on_expiry: bool = False
    model_class: str | None = None
    """Only calls to models of this class count; None: all."""
    thresholds: tuple[int, ...] = ()
    """Percentages of the amount at which an alert is raised."""
    task: str | None = None
    """Only calls of this task count; None: all."""
    counts_since: datetime = ALWAYS
    """The moment since which it has been in force for the tenant."""
    overrides: tuple[Override, ...] = ()
    """Those that are in force, of any tenant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantCalendar:
    """The part of a tenant's row that its limits depend on."""

    timezone: str = "UTC"
    week_start: int = 0
    mode: EnforcementMode = EnforcementMode.ENFORCE
    markup: int = NO_MARKUP


def budget_limit(
    budget: BudgetRow, subject: PolicySubject, tenant: TenantCalendar, modes: Modes
) -> MeterLimit:
    """Make the budget's limit. Where it counts each agent (or other) of calls, its meter's subject is left empty."""
    subject_type, subject_id = _subject_of(budget, subject)
    is_own = budget.scope is not Scope.PLAN or budget.scope_id == subject.plan
    operators_own = budget.scope in OPERATORS_SCOPES
    observed = EnforcementMode.OBSERVE in (budget.mode, budget.mode if operators_own else tenant.mode)
    mode = modes.of_limit(budget.mode, budget.enforce_percent, operators_own=operators_own)
    if not budget.hard:
        mode = loosest(mode, WARN)
    told = not observed and (is_own or budget.per in SHARED_BY_PLANS)
    meter = MeterKey(
        subject_type=subject_type.value,
        subject_id=subject_id,
        dimension=budget.dimension,
        window=budget.window,
        task=budget.task or "",
        model_class=budget.model_class or "",
        **_calendar(subject_type, subject, tenant),
    )
    raises, by_subject = raises_of(budget.overrides, meter) if budget.overrides else ((), {})
    return MeterLimit(
        meter=meter,
        limit=budget.amount,
        mode=mode if is_own else EnforcementMode.OBSERVE,
        only_counts=not is_own,
        release_on_expiry=budget.release_on_expiry,
        scope=budget.scope,
        name=f"{whose(budget.scope, budget.scope_id)} {budget.dimension}/{budget.window}"
        + (f" of {budget.model_class}" if budget.model_class else ""),
        model_class=budget.model_class,
        source_id=budget.id,
        budget_id=budget.id,
        thresholds=thresholds_text(budget.thresholds if told else ()),
        counts_since=budget.counts_since,
        raises=raises,
        raises_by_subject=by_subject if not subject_id else {},
    )


def concurrency_limits(
    rules: Iterable[Rule], subject: PolicySubject, tenant: TenantCalendar, modes: Modes, *, task: str = ""
) -> list[MeterLimit]:
    """Make a limit without a window for each slot with a `max_concurrent` rule; the base's counts the tenant's calls.

    Observed rules have limits of their own beside the enforced ones, so that trying a tighter limit does not switch
    the present one off. Where the base has no rule, the task's own default is its limit.
    """
    groups: dict[bool, list[Rule]] = {True: [], False: []}
    for rule in rules:
        if rule.key == "max_concurrent":
            own = mode_for(rule.mode, rule.enforce_percent, modes.principal)
            groups[own is EnforcementMode.ENFORCE].append(rule)
    default = DEFAULTS.get(task)
    if default is not None and not any(
        rule.scope in BASE_SCOPES and rule.condition is None for rule in groups[True]
    ):
        groups[True].append(default)
    return [
        _concurrency_limit(slot, rule, plain.get(slot, rule), subject, tenant, modes)
        for group in groups.values()
        for plain in [winners(rule for rule in group if rule.condition is None)]
        for slot, rule in winners(group).items()
    ]


def _concurrency_limit(
    slot: Slot, rule: Rule, plain: Rule, subject: PolicySubject, tenant: TenantCalendar, modes: Modes
) -> MeterLimit:
    subject_type, subject_id = identified(SubjectType(slot.scope.value), subject)
    subject_id = slot.label or subject_id
    observed = EnforcementMode.OBSERVE in (rule.mode, tenant.mode)
    is_default = rule.id in DEFAULT_IDS
    return MeterLimit(
        meter=MeterKey(
            subject_type=subject_type.value,
            subject_id=subject_id,
            dimension=Dimension.CONCURRENCY,
            window=Window.NONE,
            task=plain.task or "",
            **_calendar(subject_type, subject, tenant),
        ),
        limit=int(rule.value),
        mode=modes.of_limit(rule.mode, rule.enforce_percent, operators_own=rule.scope is Scope.GLOBAL),
        release_on_expiry=True,
        scope=rule.scope,
        name="default max_concurrent" if is_default else f"{whose(rule.scope, rule.scope_id)} max_concurrent",
        source_id=None if is_default else rule.id,
        budget_id=plain.id,
        thresholds=thresholds_text(() if observed or is_default else CONCURRENCY_THRESHOLDS),
        counts_since=rule.counts_since,
    )


class _Calendar(TypedDict):
    tenant_id: UUID | None
    timezone: str
    week_start: int


def _calendar(subject_type: SubjectType, subject: PolicySubject, tenant: TenantCalendar) -> _Calendar:
    """Say which tenant the meter belongs to, and by which calendar its windows run."""
    if subject_type in SHARED:
        return {"tenant_id": None, "timezone": "UTC", "week_start": 0}
    return {
        "tenant_id": subject.tenant_id,
        "timezone": tenant.timezone,
        "week_start": tenant.week_start,
    }


def _subject_of(budget: BudgetRow, subject: PolicySubject) -> tuple[SubjectType, str]:
    if budget.per in SUBJECTS_TOLD_BY_CALL:
        own = budget.scope.value == budget.per.value
        return budget.per, budget.scope_id if own else ""
    return identified(budget.per, subject)


def identified(per: SubjectType, subject: PolicySubject) -> tuple[SubjectType, str]:
    """Name the subject whose use counts, by the rules at the head of this file if it has no user, team or token."""
    found: object = ""
    match per:
        case SubjectType.TENANT:
            found = subject.tenant_id
        case SubjectType.USER:
            found = subject.principal
        case SubjectType.TEAM:
            found = subject.team_id
        case SubjectType.TOKEN:
            found = subject.token_id
    return per, str(found or "")

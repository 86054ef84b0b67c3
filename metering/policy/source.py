"""Every rule, budget and plan as they are, or as they would be once a catalog file is loaded; read once, then pure."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from metering.catalog.access import PlanAccess, load_access
from metering.catalog.served import ModelIndex, load_models
from metering.errors import NotFound, NotPermitted
from metering.models import Budget, Plan, PolicyRule, Tenant
from metering.models import Task as TaskRow
from metering.policy.compile import compile_policy
from metering.policy.meter_limits import TenantCalendar
from metering.policy.rows import Used, budget_of, plans_used, rule_of
from metering.policy.values import EffectivePolicy, PolicySubject
from metering.types import EnforcementMode, Scope

Place = tuple[str, UUID | None, str]
"""Scope, tenant and scope id of a row."""
LoadCatalog = Callable[[], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySource:
    """All that policies are compiled from. Grows with the rules, not with the calls."""

    calendars: Mapping[UUID, TenantCalendar]
    rules: Mapping[Place, list[PolicyRule]]
    budgets: Mapping[Place, list[Budget]]
    access: Mapping[tuple[str, str], PlanAccess | NotPermitted]
    features: Mapping[str, str]
    """Of each task."""
    plans: Mapping[UUID, Mapping[str, Used]]
    """That each tenant was ever on."""
    models: ModelIndex

    def policy(self, subject: PolicySubject, task: str) -> EffectivePolicy:
        """As `effective_policy` compiles it. Raises NotFound for an unknown tenant."""
        calendar = self.calendars.get(subject.tenant_id)
        if calendar is None:
            raise NotFound("There is no such tenant.")
        places = _places(subject)
        other_plans = [plan for plan in self.plans.get(subject.tenant_id, ()) if plan != subject.plan]
        rules = [row for place in places for row in self.rules.get(place, ()) if row.task_id in (None, task)]
        places += [(Scope.PLAN.value, None, plan) for plan in other_plans]
        budgets = [
            row for place in places for row in self.budgets.get(place, ()) if row.task_id in (None, task)
        ]
        return compile_policy(
            subject,
            task,
            calendar,
            rules=[
                rule
                for row in sorted(rules, key=lambda row: row.pk)
                if (rule := rule_of(row, timezone=calendar.timezone)) is not None
            ],
            budgets=[budget_of(row, self.plans.get(subject.tenant_id, {})) for row in _by_id(budgets)],
            feature=self.features.get(task, ""),
        )

    def access_to(self, plan: str, task: str) -> PlanAccess | NotPermitted:
        """The plan's model classes for the task, or why it has none. Raises NotFound for an unknown plan or task."""
        found = self.access.get((plan, task))
        if found is None:
            raise NotFound(f"There is no plan {plan!r} or no task {task!r}.")
        return found


def read_policy_source(*, tenant: Tenant | None = None, after: LoadCatalog | None = None) -> PolicySource:
    """The rules of one tenant or (None) of all; with `after`, as they are once that was done, which is then undone.

    Raises what `after` raises.
    """
    with transaction.atomic():
        if after is not None:
            after()
        source = _read(tenant)
        transaction.set_rollback(after is not None)
    return source


def _read(tenant: Tenant | None) -> PolicySource:
    shared = Q(tenant=None)
    chosen = Q(is_active=True) & (shared | Q(tenant=tenant) if tenant is not None else Q())
    tenants = Tenant.objects.filter(pk=tenant.pk) if tenant is not None else Tenant.objects.all()
    features = dict(TaskRow.objects.values_list("code", "feature_id"))
    codes = list(Plan.objects.values_list("code", flat=True))
    rules: defaultdict[Place, list[PolicyRule]] = defaultdict(list)
    budgets: defaultdict[Place, list[Budget]] = defaultdict(list)
    for rule in PolicyRule.objects.filter(chosen):
        rules[_place(rule)].append(rule)
    for budget in Budget.objects.filter(chosen):
        budgets[_place(budget)].append(budget)
    return PolicySource(
        calendars={
            row.pk: TenantCalendar(
                timezone=row.timezone, week_start=row.week_start, mode=EnforcementMode(row.enforcement_mode)
            )
            for row in tenants
        },
        rules=dict(rules),
        budgets=dict(budgets),
        access={(plan, task): _access(plan, task) for plan in codes for task in features},
        features=features,
        plans=plans_used(row.pk for row in tenants),
        models=load_models(),
    )


def _access(plan: str, task: str) -> PlanAccess | NotPermitted:
    try:
        return load_access(plan, task)
    except NotPermitted as refusal:
        return refusal.with_traceback(None)


def _by_id(budgets: list[Budget]) -> list[Budget]:
    return sorted(budgets, key=lambda row: row.pk)


def _place(row: PolicyRule | Budget) -> Place:
    """Where rows are found: all providers' and all of a tenant's agents' are together, as they apply per call."""
    by_id = row.scope_id if row.scope not in (Scope.PROVIDER, Scope.AGENT) else ""
    return row.scope, row.tenant_id, by_id


def _places(subject: PolicySubject) -> list[Place]:
    own = ((Scope.TEAM, subject.team_id), (Scope.USER, subject.user_id), (Scope.TOKEN, subject.token_id))
    return [
        (Scope.GLOBAL.value, None, ""),
        (Scope.PROVIDER.value, None, ""),
        (Scope.PLAN.value, None, subject.plan),
        (Scope.TENANT.value, subject.tenant_id, ""),
        (Scope.AGENT.value, subject.tenant_id, ""),
        *((scope.value, subject.tenant_id, str(each)) for scope, each in own if each is not None),
    ]

"""Read what applies to a subject and a task, and compile it into an EffectivePolicy."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q

from metering.errors import NotFound
from metering.models import Budget, PolicyRule, Tenant
from metering.models import Task as TaskRow
from metering.policy.compile import compile_policy
from metering.policy.meter_limits import BudgetRow, TenantCalendar
from metering.policy.rows import budget_of, plans_used, rule_of
from metering.policy.values import EffectivePolicy, PolicySubject
from metering.rules.rule import Rule
from metering.types import EnforcementMode, Scope


def effective_policy(subject: PolicySubject, task: str) -> EffectivePolicy:
    """Read rules, budgets and the tenant's calendar, and compile. Raises NotFound for an unknown tenant."""
    feature = TaskRow.objects.filter(pk=task).values("feature_id")
    rows = Tenant.objects.filter(pk=subject.tenant_id).annotate(feature=feature)
    tenant = rows.values("timezone", "week_start", "enforcement_mode", "feature").first()
    if tenant is None:
        raise NotFound("There is no such tenant.")
    calendar = TenantCalendar(
        timezone=tenant["timezone"],
        week_start=tenant["week_start"],
        mode=EnforcementMode(tenant["enforcement_mode"]),
    )
    return compile_policy(
        subject,
        task,
        calendar,
        rules=_rules(subject, task, calendar.timezone),
        budgets=_budgets(subject, task),
        feature=tenant["feature"] or "",
    )


def _rules(subject: PolicySubject, task: str, timezone: str) -> list[Rule]:
    rows = PolicyRule.objects.filter(_applying(subject, task, plans=[subject.plan])).order_by("id")
    return [rule for row in rows if (rule := rule_of(row, timezone=timezone)) is not None]


def _budgets(subject: PolicySubject, task: str) -> list[BudgetRow]:
    plans = plans_used([subject.tenant_id]).get(subject.tenant_id, {})
    applying = _applying(subject, task, plans={subject.plan, *plans})
    return [budget_of(row, plans) for row in Budget.objects.filter(applying).order_by("id")]


def _applying(subject: PolicySubject, task: str, plans: Collection[str]) -> Q:
    """Active rows of every scope that the subject is in; providers' and agents' are told apart per call."""
    own: tuple[tuple[Scope, UUID | None], ...] = (
        (Scope.TEAM, subject.team_id),
        (Scope.USER, subject.user_id),
        (Scope.TOKEN, subject.token_id),
    )
    of_tenant = Q(scope__in=[Scope.TENANT, Scope.AGENT])
    for scope, identifier in own:
        if identifier is not None:
            of_tenant |= Q(scope=scope, scope_id=str(identifier))
    scopes = (
        Q(scope__in=[Scope.GLOBAL, Scope.PROVIDER])
        | Q(scope=Scope.PLAN, scope_id__in=list(plans))
        | (Q(tenant=subject.tenant_id) & of_tenant)
    )
    return scopes & (Q(task=None) | Q(task=task)) & Q(is_active=True)

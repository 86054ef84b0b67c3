"""Compile what applies to a subject and a task into an EffectivePolicy."""

from uuid import UUID

from django.db.models import Q

from metering.errors import NotFound
from metering.models import Budget, PolicyRule, Tenant
from metering.models import Task as TaskRow
from metering.policy.lines import BudgetRow, TenantCalendar, budget_line, concurrency_lines
from metering.policy.merge import Rule, merge_settings
from metering.policy.rates import call_rates
from metering.policy.values import EffectivePolicy, Lines, LineTemplate, PolicySubject
from metering.types import Dimension, EnforcementMode, ExpiryCharge, Scope, SubjectType, Window


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
        rules=_rules(subject, task),
        budgets=_budgets(subject, task),
        feature=tenant["feature"] or "",
    )


def compile_policy(
    subject: PolicySubject,
    task: str,
    tenant: TenantCalendar,
    *,
    rules: list[Rule],
    budgets: list[BudgetRow],
    feature: str = "",
) -> EffectivePolicy:
    """Pure: the policy of these rules and budgets, all of which apply to the subject and the task."""
    rates = call_rates(rules, subject, tenant.mode, feature=feature)
    rules = [rule for rule in rules if rule.scope not in (Scope.PROVIDER, Scope.AGENT)]
    always: list[LineTemplate] = concurrency_lines(rules, subject, tenant)
    by_provider: dict[str, list[LineTemplate]] = {}
    by_agent: dict[str, list[LineTemplate]] = {}
    by_class: dict[str, list[LineTemplate]] = {}
    each: dict[SubjectType, list[LineTemplate]] = {SubjectType.PROVIDER: [], SubjectType.AGENT: []}
    for budget in budgets:
        line = budget_line(budget, subject, tenant)
        if budget.scope is Scope.PROVIDER:
            by_provider.setdefault(budget.scope_id, []).append(line)
        elif budget.scope is Scope.AGENT:
            by_agent.setdefault(budget.scope_id, []).append(line)
        elif budget.per in each:
            each[budget.per].append(line)
        elif budget.model_class is not None:
            by_class.setdefault(budget.model_class, []).append(line)
        else:
            always.append(line)
    return EffectivePolicy(
        task=task,
        mode=tenant.mode,
        settings=merge_settings(rules),
        lines=tuple(always),
        by_provider=_frozen(by_provider),
        by_agent=_frozen(by_agent),
        by_class=_frozen(by_class),
        each_provider=tuple(each[SubjectType.PROVIDER]),
        each_agent=tuple(each[SubjectType.AGENT]),
        rates=rates,
    )


def _frozen(groups: dict[str, list[LineTemplate]]) -> dict[str, Lines]:
    return {name: tuple(lines) for name, lines in groups.items()}


def _rules(subject: PolicySubject, task: str) -> list[Rule]:
    rows = PolicyRule.objects.filter(_applying(subject, task), conditions={})
    return [
        Rule(
            id=row.pk,
            scope=Scope(row.scope),
            task=row.task_id,
            key=row.key,
            value=row.value,
            scope_id=row.scope_id,
            priority=row.priority,
            mode=EnforcementMode(row.mode),
        )
        for row in rows
    ]


def _budgets(subject: PolicySubject, task: str) -> list[BudgetRow]:
    return [
        BudgetRow(
            id=row.pk,
            scope=Scope(row.scope),
            scope_id=row.scope_id,
            per=SubjectType(row.per),
            dimension=Dimension(row.dimension),
            window=Window(row.window),
            amount=row.amount,
            hard=row.hard,
            mode=EnforcementMode(row.mode),
            release_on_expiry=row.on_expiry == ExpiryCharge.RELEASE,
            model_class=row.model_class_id,
        )
        for row in Budget.objects.filter(_applying(subject, task)).order_by("id")
    ]


def _applying(subject: PolicySubject, task: str) -> Q:
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
        | Q(scope=Scope.PLAN, scope_id=subject.plan)
        | (Q(tenant=subject.tenant_id) & of_tenant)
    )
    return scopes & (Q(task=None) | Q(task=task)) & Q(is_active=True)

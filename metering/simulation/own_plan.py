"""What a plan allows somebody: features, tasks with their classes of models, and every limit in force."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from metering.catalog.provider_keys.own_keys import may_keep_keys, providers_open_to
from metering.errors import NotFound
from metering.models import ATIToken, Plan, PlanLLMAccess, Tenant
from metering.policy.source import read_policy_source
from metering.policy.values import PolicySubject
from metering.simulation.effective_limits import EffectiveLimit, effective_limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A code, and what people call it."""

    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOfPlan:
    """A task that can be done on the plan."""

    code: str
    name: str
    feature: str
    classes: tuple[Named, ...]
    """From cheap to dear."""
    default_class: Named


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPlan:
    """A plan as somebody on it has it."""

    plan: Named
    plans: tuple[Named, ...]
    """All those that live tokens of the tenant are on."""
    features: tuple[Named, ...]
    tasks: tuple[TaskOfPlan, ...]
    """Without those that the own token does not allow."""
    limits: list[EffectiveLimit]
    may_keep_keys: bool
    """Whether the tenant may keep vendors' keys of its own."""
    key_providers: tuple[str, ...]
    """For which vendors."""


def plans_of(tenant: Tenant, *, now: datetime) -> list[Plan]:
    """The plans of the tenant's live tokens, by code."""
    return list(Plan.objects.filter(ati_tokens__in=ATIToken.objects.for_tenant(tenant).live(now)).distinct())


def own_plan_code(tenant: Tenant, code: str, *, now: datetime) -> str:
    """The code of a plan that the tenant is on. Raises NotFound for any other, whether there is one or not."""
    if code not in {plan.code for plan in plans_of(tenant, now=now)}:
        raise NotFound(f"The tenant {tenant.slug!r} is not on a plan {code!r}.", param="plan")
    return code


def own_plan(
    *, tenant: Tenant, subject: PolicySubject, now: datetime, allowed_tasks: Collection[str] = ()
) -> OwnPlan:
    """What the subject's plan allows it now. Raises NotFound where there is no such plan."""
    plan = Plan.objects.filter(pk=subject.plan).first()
    if plan is None:
        raise NotFound(f"There is no plan {subject.plan!r}.", param="plan")
    features = tuple(Named(code=row.code, name=row.name) for row in plan.features.order_by("name"))
    allowed = may_keep_keys(tenant, now=now)
    return OwnPlan(
        plan=Named(code=plan.code, name=plan.name),
        plans=tuple(Named(code=row.code, name=row.name) for row in plans_of(tenant, now=now)),
        features=features,
        tasks=_tasks(plan, features, allowed_tasks),
        limits=effective_limits(source=read_policy_source(tenant=tenant), subject=subject, now=now),
        may_keep_keys=allowed,
        key_providers=tuple(row.name for row in providers_open_to(tenant, now=now)) if allowed else (),
    )


def _tasks(plan: Plan, features: tuple[Named, ...], allowed_tasks: Collection[str]) -> tuple[TaskOfPlan, ...]:
    """Those whose feature the plan contains, and that the token allows (none named: all)."""
    contained = {feature.code for feature in features}
    rows = PlanLLMAccess.objects.filter(plan=plan, task__feature__in=contained)
    rows = rows.select_related("task", "default_class").prefetch_related("allowed_classes")
    return tuple(
        TaskOfPlan(
            code=row.task.code,
            name=row.task.name,
            feature=row.task.feature_id,
            classes=tuple(
                Named(code=each.code, name=each.name)
                for each in sorted(row.allowed_classes.all(), key=lambda each: each.rank)
            ),
            default_class=Named(code=row.default_class.code, name=row.default_class.name),
        )
        for row in rows.order_by("task_id")
        if not allowed_tasks or row.task_id in allowed_tasks
    )

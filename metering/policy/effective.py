"""Reads what applies to a subject and a task, and compiles it into an EffectivePolicy."""

from metering.catalog.provider_keys.read_keys import own_key_providers
from metering.errors import NotFound
from metering.models import Budget, PolicyRule, Tenant
from metering.models import Task as TaskRow
from metering.policy.applying import places_of, set_at
from metering.policy.compile_rows import PolicyRows, by_place
from metering.policy.overrides.in_force import with_overrides
from metering.policy.rows import calendar_of, plans_used
from metering.policy.values import EffectivePolicy, PolicySubject


def effective_policy(subject: PolicySubject, task: str) -> EffectivePolicy:
    """Read rules, budgets and the tenant's calendar, and compile. Raises NotFound for an unknown tenant."""
    feature = TaskRow.objects.filter(pk=task).values("feature_id")
    tenants = Tenant.objects.annotate(feature=feature, own_keys=own_key_providers())
    tenant = tenants.filter(pk=subject.tenant_id).first()
    if tenant is None:
        raise NotFound("There is no such tenant.")
    plans = plans_used([subject.tenant_id])
    places = places_of(subject, other_plans=plans.get(subject.tenant_id, ()))
    rows = PolicyRows(
        calendars={tenant.pk: calendar_of(tenant)},
        rules=by_place(PolicyRule.objects.filter(set_at(places_of(subject)))),
        budgets=by_place(with_overrides(Budget.objects.filter(set_at(places)), tenant.pk)),
        plans=plans,
        features={task: tenant.feature or ""},
        own_keys={tenant.pk: frozenset(tenant.own_keys)},
    )
    return rows.policy(subject, task)

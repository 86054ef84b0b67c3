"""Reads all rules, budgets and plans once, so that many policies can be compiled without the database.

They are read as they are, or as they would be after a change, such as a catalog file that is loaded.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from django.db import transaction

from metering.catalog.provider_keys.read_keys import own_key_providers
from metering.catalog.served import ModelIndex, PlanAccess, load_access, load_models
from metering.errors import NotFound, NotPermitted
from metering.models import Budget, Plan, PolicyRule, Tenant
from metering.models import Task as TaskRow
from metering.policy.applying import set_for
from metering.policy.compile_rows import PolicyRows, by_place
from metering.policy.overrides.in_force import with_overrides
from metering.policy.rows import calendar_of, plans_used
from metering.policy.values import EffectivePolicy, PolicySubject

LoadCatalog = Callable[[], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySource:
    """All that policies are compiled from. Its size grows with the rules, not with the calls."""

    rows: PolicyRows
    access: Mapping[tuple[str, str], PlanAccess | NotPermitted]
    models: ModelIndex

    def policy(self, subject: PolicySubject, task: str) -> EffectivePolicy:
        """Compile the policy that `effective_policy` would. Raises NotFound for an unknown tenant."""
        return self.rows.policy(subject, task)

    def access_to(self, plan: str, task: str) -> PlanAccess | NotPermitted:
        """Return the plan's access to the task, or why it has none. Raises NotFound for an unknown plan or task."""
        found = self.access.get((plan, task))
        if found is None:
            if plan not in {known for known, _ in self.access}:
                raise NotFound(f"There is no plan {plan!r}.", param="plan")
            raise NotFound(f"There is no task {task!r}.", param="task")
        return found


class Policies(Protocol):
    """Whatever compiles the policy of a subject: a PolicySource, or its rows alone."""

    def policy(self, subject: PolicySubject, task: str) -> EffectivePolicy:
        """Raises NotFound for an unknown tenant."""
        ...


def read_policy_source(*, tenant: Tenant | None = None, after: LoadCatalog | None = None) -> PolicySource:
    """Read the rules of one tenant, or of all if `tenant` is None.

    `after` is a change to make first. It is undone once everything is read. Raises what `after` raises.
    """
    with transaction.atomic():
        if after is not None:
            after()
        source = _read(tenant)
        transaction.set_rollback(after is not None)
    return source


def read_policy_rows(*, tenant: Tenant | None = None, after: LoadCatalog | None = None) -> PolicyRows:
    """The same without plans' access and models, for whoever asks about limits only. A few queries, always as many."""
    with transaction.atomic():
        if after is not None:
            after()
        rows = _read_rows(tenant)
        transaction.set_rollback(after is not None)
    return rows


def _read(tenant: Tenant | None) -> PolicySource:
    rows = _read_rows(tenant)
    codes = list(Plan.objects.values_list("code", flat=True))
    return PolicySource(
        rows=rows,
        access={(plan, task): _access(plan, task) for plan in codes for task in rows.features},
        models=load_models(),
    )


def _read_rows(tenant: Tenant | None) -> PolicyRows:
    chosen = set_for(tenant.pk if tenant is not None else None)
    tenants = Tenant.objects.annotate(own_keys=own_key_providers())
    if tenant is not None:
        tenants = tenants.filter(pk=tenant.pk)
    found = list(tenants)
    return PolicyRows(
        calendars={row.pk: calendar_of(row) for row in found},
        rules=by_place(PolicyRule.objects.filter(chosen)),
        budgets=by_place(
            with_overrides(Budget.objects.filter(chosen), tenant.pk if tenant is not None else None)
        ),
        plans=plans_used(row.pk for row in found),
        features=dict(TaskRow.objects.values_list("code", "feature_id")),
        own_keys={row.pk: frozenset(row.own_keys) for row in found},
    )


def _access(plan: str, task: str) -> PlanAccess | NotPermitted:
    try:
        return load_access(plan, task)
    except NotPermitted as refusal:
        return refusal.with_traceback(None)

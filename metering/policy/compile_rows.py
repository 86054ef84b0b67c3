"""Compiles the policy of any subject from rows of rules and budgets that were read beforehand."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from metering.errors import NotFound
from metering.models import Budget, PolicyRule
from metering.policy.applying import Place, place_of, places_of
from metering.policy.compile import compile_policy
from metering.policy.meter_limits import TenantCalendar
from metering.policy.rows import Used, budget_of, rule_of
from metering.policy.values import EffectivePolicy, PolicySubject

Row = TypeVar("Row", PolicyRule, Budget)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRows:
    """Active rows by their places, and what else policies are compiled from. Nothing here reads the database."""

    calendars: Mapping[UUID, TenantCalendar]
    """The calendar of each tenant whose policies can be compiled."""
    rules: Mapping[Place, list[PolicyRule]]
    budgets: Mapping[Place, list[Budget]]
    plans: Mapping[UUID, Mapping[str, Used]]
    """The plans that each tenant was ever on."""
    features: Mapping[str, str] = field(default_factory=dict)
    """The feature of each task."""
    own_keys: Mapping[UUID, frozenset[str]] = field(default_factory=dict)
    """The providers for which each tenant has keys of its own."""

    def policy(self, subject: PolicySubject, task: str) -> EffectivePolicy:
        """Compile the rows that apply to the subject and the task. Raises NotFound for an unknown tenant."""
        calendar = self.calendars.get(subject.tenant_id)
        if calendar is None:
            raise NotFound("There is no such tenant.")
        plans = self.plans.get(subject.tenant_id, {})
        rules = _about(task, self.rules, places_of(subject))
        budgets = _about(task, self.budgets, places_of(subject, other_plans=plans))
        read = (rule_of(row, timezone=calendar.timezone) for row in rules)
        return compile_policy(
            subject,
            task,
            calendar,
            rules=[rule for rule in read if rule is not None],
            budgets=[budget_of(row, plans) for row in budgets],
            feature=self.features.get(task, ""),
            own_keys=self.own_keys.get(subject.tenant_id, frozenset()),
        )


def by_place(rows: Iterable[Row]) -> dict[Place, list[Row]]:
    """Group the rows by the place at which they are set."""
    found: defaultdict[Place, list[Row]] = defaultdict(list)
    for row in rows:
        found[place_of(row)].append(row)
    return dict(found)


def _about(task: str, rows: Mapping[Place, list[Row]], places: Iterable[Place]) -> list[Row]:
    """Return the rows at these places that are about the task or about every task, in the order of their ids."""
    found = [row for place in places for row in rows.get(place, ()) if row.task_id in (None, task)]
    return sorted(found, key=lambda row: row.pk)

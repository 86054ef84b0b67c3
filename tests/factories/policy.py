"""Budgets and rules."""

import factory
from factory.django import DjangoModelFactory

from metering.models import Budget, PolicyRule
from tests.factories.identity import alder


class BudgetFactory(DjangoModelFactory[Budget]):
    """A tenant's budget; name scope, scope_id and per for another one."""

    scope = "tenant"
    tenant = factory.LazyAttribute(lambda budget: None if budget.scope in SHARED_SCOPES else alder())
    per = factory.LazyAttribute(lambda budget: "tenant" if budget.scope == "plan" else budget.scope)
    dimension = "requests"
    window = "day"
    amount = 100

    class Meta:
        model = Budget


SHARED_SCOPES = ("global", "provider", "plan")


class RuleFactory(DjangoModelFactory[PolicyRule]):
    """A tenant's rule; name scope and scope_id for another one."""

    scope = "tenant"
    tenant = factory.LazyAttribute(lambda rule: None if rule.scope in SHARED_SCOPES else alder())
    key = "max_concurrent"
    value = 3

    class Meta:
        model = PolicyRule

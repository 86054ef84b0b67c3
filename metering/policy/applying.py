"""Decides which rules and budgets apply to a subject. Every reader of policies asks here.

A row is set at a place: a scope and, where the scope has many, the one that it is about. A subject is in several places
at once, and the active rows of all of them apply to its calls. All providers share one place, and so do all agents,
all tags and all conversations of a tenant, because only the call tells which of them it concerns:
`EffectivePolicy.limits_for` and `for_labels` pick theirs.
"""

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q

from metering.models import Budget, PolicyRule
from metering.policy.values import PolicySubject
from metering.rules.rule import NARROW_SCOPES
from metering.types import TOLD_BY_CALL, Scope

SHARED = Q(tenant=None)


class Place(NamedTuple):
    """Where a row is set."""

    scope: str
    tenant_id: UUID | None = None
    scope_id: str = ""
    """Empty for a scope with one place in the gateway or the tenant."""


def place_of(row: PolicyRule | Budget) -> Place:
    """Return the place at which the row is set."""
    return Place(row.scope, row.tenant_id, "" if row.scope in TOLD_BY_CALL else row.scope_id)


def places_of(subject: PolicySubject, *, other_plans: Iterable[str] = ()) -> list[Place]:
    """List the places that the subject is in: its own plan's, those of `other_plans`, and all others."""
    tenant = subject.tenant_id
    own = ((scope, subject.id_in(scope)) for scope in NARROW_SCOPES)
    return [
        Place(Scope.GLOBAL),
        Place(Scope.PROVIDER),
        *(Place(Scope.PLAN, None, plan) for plan in {subject.plan, *other_plans}),
        Place(Scope.TENANT, tenant),
        Place(Scope.AGENT, tenant),
        Place(Scope.TAG, tenant),
        Place(Scope.CONVERSATION, tenant),
        *(Place(scope, tenant, str(each)) for scope, each in own if each is not None),
    ]


def set_at(places: Iterable[Place]) -> Q:
    """Select the active rows at these places."""
    return Q(is_active=True) & reduce(or_, map(_at, places))


def set_for(tenant: UUID | None) -> Q:
    """Select the active rows that may apply to somebody of the tenant on any plan, or (None) to anybody at all."""
    whose = SHARED | Q(tenant=tenant) if tenant is not None else Q()
    return Q(is_active=True) & whose


def _at(place: Place) -> Q:
    at = Q(scope=place.scope, tenant=place.tenant_id)
    return at if place.scope in TOLD_BY_CALL else at & Q(scope_id=place.scope_id)

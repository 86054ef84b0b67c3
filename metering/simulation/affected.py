"""Whom a change concerns: tenants, people and tokens, and the calls of the log that are theirs."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from metering.models import ATIToken, Tenant, User
from metering.simulation.change import Change
from metering.types import Scope
from metering.usage.filters import UsageFilter

NAMED = 5
"""Tenants that are called by their names."""
COLUMN_OF = {
    Scope.PROVIDER: "provider_name",
    Scope.TEAM: "team_id",
    Scope.USER: "user_id",
    Scope.TOKEN: "token_id",
    Scope.AGENT: "agent_id",
    Scope.TAG: "tags",
    Scope.CONVERSATION: "conversation_id",
}
"""The column of the usage log that tells whose calls they are, beside the tenant's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """Who may call under the changed limit from now on."""

    tenants: int
    tenant_names: tuple[str, ...]
    """The first of them, by their slugs."""
    people: int
    """Those who are active."""
    tokens: int
    """Those that live."""


def affected_by(change: Change, now: datetime) -> Affected:
    """Count whom the change concerns. Three queries, and one for names."""
    tenants = _tenants(change, now)
    people = User.objects.filter(_people(change, now), is_active=True, tenant__status=Tenant.Status.ACTIVE)
    tokens = ATIToken.objects.live(now).filter(_tokens(change), tenant__status=Tenant.Status.ACTIVE)
    return Affected(
        tenants=tenants.count(),
        tenant_names=tuple(tenants.order_by("slug").values_list("slug", flat=True)[:NAMED]),
        people=people.distinct().count(),
        tokens=tokens.distinct().count(),
    )


def calls_of(change: Change, *, since: datetime, until: datetime) -> UsageFilter:
    """The lines of the log that the change may concern."""
    if change.scope is Scope.TAG:
        return UsageFilter(tenant=change.tenant, since=since, until=until, only=(("tags", change.scope_id),))
    column = COLUMN_OF.get(change.scope)
    only: tuple[tuple[str, object], ...] = ((column, change.scope_id),) if column else ()
    if change.scope is Scope.PLAN:
        only = (("tenant_id__in", list(_on_plan(change.scope_id, until).values_list("pk", flat=True))),)
    return UsageFilter(tenant=change.tenant, since=since, until=until, only=only)


def _tenants(change: Change, now: datetime) -> "QuerySet[Tenant]":
    if change.tenant is not None:
        return Tenant.objects.filter(pk=change.tenant.pk)
    tenants = _on_plan(change.scope_id, now) if change.scope is Scope.PLAN else Tenant.objects.all()
    return tenants.filter(status=Tenant.Status.ACTIVE)


def _on_plan(plan: str, now: datetime) -> "QuerySet[Tenant]":
    tokens = ATIToken.objects.live(now).filter(plan_tier_id=plan)
    return Tenant.objects.filter(pk__in=tokens.order_by().values("tenant_id"))


def _people(change: Change, now: datetime) -> Q:
    own = Q(tenant=change.tenant) if change.tenant is not None else Q(tenant__isnull=False)
    match change.scope:
        case Scope.PLAN:
            live = ATIToken.objects.live(now).filter(plan_tier_id=change.scope_id)
            return Q(signup_token__in=live) | Q(ati_tokens__in=live)
        case Scope.TEAM:
            return own & Q(teams=_id(change))
        case Scope.USER:
            return own & Q(pk=_id(change))
        case Scope.TOKEN:
            return own & (Q(signup_token=_id(change)) | Q(ati_tokens=_id(change)))
        case _:
            return own


def _tokens(change: Change) -> Q:
    own = Q(tenant=change.tenant) if change.tenant is not None else Q()
    match change.scope:
        case Scope.PLAN:
            return Q(plan_tier_id=change.scope_id)
        case Scope.TEAM:
            return own & (Q(team=_id(change)) | Q(team=None))
        case Scope.USER:
            return own & (Q(user=_id(change)) | Q(signed_up_users=_id(change)))
        case Scope.TOKEN:
            return own & Q(pk=_id(change))
        case _:
            return own


def _id(change: Change) -> UUID:
    return UUID(change.scope_id)

"""Make everything that a new customer needs at first: all of it, or nothing."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from metering.errors import InvalidRequest
from metering.identity.invitations.invite import invite
from metering.identity.tenants.create_tenant import create_tenant
from metering.identity.tokens.issue_token import issue_token
from metering.identity.tokens.secret import IssuedToken
from metering.models import ATIToken, Budget, Invitation, Tenant, User
from metering.policy.edit.set_budget import set_budget
from metering.policy.edit.target import PolicyTarget
from metering.types import Dimension, Scope, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Onboarded:
    """What was made. The token's secret is known here alone."""

    tenant: Tenant
    token: IssuedToken | None
    budget: Budget | None
    invitation: Invitation | None


@transaction.atomic
def onboard_tenant(
    *,
    slug: str,
    name: str,
    actor: str,
    now: datetime,
    timezone: str = "UTC",
    plan_code: str = "",
    budget_usd: str = "",
    window: str = Window.MONTH,
    admin_email: str = "",
    by: User | None = None,
) -> Onboarded:
    """A tenant; with a plan its first token, and an invitation of its first administrator on that token's plan; with
    an amount a hard budget of its cost.

    Raises InvalidRequest where the tenant is there already, a value is malformed, or somebody is invited without a
    plan; NotFound for an unknown plan; RateLimited by the bounds of invitations. Then nothing is made.
    """
    tenant, is_new = create_tenant(slug=slug, name=name, timezone=timezone, actor=actor, now=now)
    if not is_new:
        raise InvalidRequest(f"There is already a tenant {slug!r}. Nothing was changed.", param="slug")
    token = None
    if plan_code:
        token = issue_token(tenant=tenant, plan_code=plan_code, name=f"{slug}-app", actor=actor, now=now)
    elif admin_email:
        raise InvalidRequest("Choose a plan: people get theirs from the first token.", param="plan")
    budget = _set_budget(tenant, budget_usd, window, actor, now) if budget_usd else None
    invitation = None
    if admin_email and token is not None:
        invitation = invite(
            tenant=tenant,
            email=admin_email,
            role=User.Role.TENANT_ADMIN,
            token=ATIToken.objects.get(pk=token.id),
            actor=actor,
            now=now,
            by=by,
        )
    return Onboarded(tenant=tenant, token=token, budget=budget, invitation=invitation)


def _set_budget(tenant: Tenant, amount: str, window: str, actor: str, now: datetime) -> Budget:
    return set_budget(
        target=PolicyTarget(scope=Scope.TENANT, tenant=tenant),
        dimension=Dimension.COST,
        window=window,
        amount=amount,
        actor=actor,
        now=now,
    ).budget

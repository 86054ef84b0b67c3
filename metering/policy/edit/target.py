"""Finds whom a budget or a rule that somebody sets is for."""

from dataclasses import dataclass

from metering.errors import InvalidRequest, NotFound
from metering.identity.find import find_plan, find_team, find_tenant, find_token, find_user
from metering.models import Provider, Tenant
from metering.tags import read_tag
from metering.text import checked_label, normal
from metering.types import Scope, SubjectType

TARGETS = tuple(scope.value for scope in Scope if scope is not Scope.GLOBAL)
"""The words that `find_target` takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTarget:
    """A scope, and which of its tenants, teams, plans or others."""

    scope: Scope
    tenant: Tenant | None = None
    scope_id: str = ""

    @property
    def columns(self) -> dict[str, object]:
        """The columns by which the rows for this target are known."""
        return {"scope": self.scope.value, "tenant": self.tenant, "scope_id": self.scope_id}

    @property
    def per(self) -> SubjectType:
        """The subject whose use is counted if nobody says otherwise: each tenant for a plan, else the scope itself."""
        return SubjectType.TENANT if self.scope is Scope.PLAN else SubjectType(self.scope.value)


def find_target(
    *,
    plan: str | None = None,
    tenant: str | None = None,
    team: str | None = None,
    user: str | None = None,
    token: str | None = None,
    agent: str | None = None,
    tag: str | None = None,
    conversation: str | None = None,
    provider: str | None = None,
) -> PolicyTarget:
    """Find the target that these words name. No word at all means the whole gateway.

    `plan` is a code, `tenant` and `team` a slug or id, `user` an address or id, `token` a prefix or id, `agent` and
    `conversation` any text, `tag` a `key=value`.
    Raises InvalidRequest if they contradict each other, and NotFound if one does not exist.
    """
    parts = {
        "team": team,
        "user": user,
        "token": token,
        "agent": agent,
        "tag": tag,
        "conversation": conversation,
    }
    named = [name for name, value in parts.items() if value]
    if plan:
        if tenant or provider or named:
            raise InvalidRequest("A plan's is for everybody on the plan: name nobody else.", param="plan")
        return PolicyTarget(scope=Scope.PLAN, scope_id=find_plan(plan).code)
    if provider:
        if tenant or named:
            raise InvalidRequest(
                "A provider's budget is shared by all tenants: name no tenant.", param="provider"
            )
        return PolicyTarget(scope=Scope.PROVIDER, scope_id=_provider_name(provider))
    if len(named) > 1:
        raise InvalidRequest(f"Name one of {', '.join(named)}, not several.", param=named[1])
    if not tenant:
        if named:
            raise InvalidRequest(f"A {named[0]} belongs to a tenant: name the tenant too.", param="tenant")
        return PolicyTarget(scope=Scope.GLOBAL)
    owner = find_tenant(tenant)
    if team:
        return _part(Scope.TEAM, owner, find_team(tenant=owner, reference=team).pk)
    if user:
        return _part(Scope.USER, owner, find_user(tenant=owner, reference=user).pk)
    if token:
        return _part(Scope.TOKEN, owner, find_token(tenant=owner, reference=token).pk)
    if agent:
        return _part(Scope.AGENT, owner, checked_label(agent, "agent"))
    if tag:
        return _part(Scope.TAG, owner, read_tag(tag, "tag"))
    if conversation:
        return _part(Scope.CONVERSATION, owner, checked_label(conversation, "conversation"))
    return PolicyTarget(scope=Scope.TENANT, tenant=owner)


def _part(scope: Scope, tenant: Tenant, identifier: object) -> PolicyTarget:
    return PolicyTarget(scope=scope, tenant=tenant, scope_id=str(identifier))


def _provider_name(name: str) -> str:
    name = normal(name)
    if not Provider.objects.filter(name=name).exists():
        known = ", ".join(Provider.objects.values_list("name", flat=True))
        raise NotFound(f"There is no provider {name!r}. Providers: {known or 'none yet'}.", param="provider")
    return name

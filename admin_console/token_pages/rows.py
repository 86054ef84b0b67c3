"""The tokens that a viewer has in hand: all of the tenant, or for a member those bound to the own person."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Q, QuerySet

from admin_console.parts import typed
from admin_console.who import Viewer
from metering.identity.tokens.state import state_of
from metering.models import ATIToken, Task, Tenant

MOST = 2_000


def tokens_in_reach(viewer: Viewer, tenant: Tenant) -> QuerySet[ATIToken]:
    tokens = ATIToken.objects.for_tenant(tenant).defer("digest", "previous_digest")
    return tokens.filter(user=viewer.user) if viewer.own_only else tokens


def tokens_meant(
    viewer: Viewer, tenant: Tenant, query: Mapping[str, str], *, now: datetime
) -> list[ATIToken]:
    """Those that the query means: `q` (name, prefix, person or team), `plan`, and `state` (live ones)."""
    tokens = tokens_in_reach(viewer, tenant).select_related("team", "user")
    if words := typed(query):
        tokens = tokens.filter(
            Q(name__icontains=words)
            | Q(prefix__istartswith=words)
            | Q(user__email__icontains=words)
            | Q(team__name__icontains=words)
        )
    if plan := query.get("plan", ""):
        tokens = tokens.filter(plan_tier_id=plan)
    found = list(tokens.order_by("name", "prefix")[:MOST])
    state = query.get("state", "live")
    return found if state == "all" else [token for token in found if state_of(token, now=now) == state]


def task_names() -> dict[str, str]:
    return dict(Task.objects.values_list("code", "name"))


def narrowing_words(token: ATIToken, tasks: Mapping[str, str]) -> list[str]:
    """What the token is narrowed to, a sentence for each respect but its end; empty: all that the plan allows."""
    said = []
    if token.allowed_tasks:
        said.append(", ".join(tasks.get(code, code) for code in token.allowed_tasks))
    if token.allowed_models:
        said.append(f"models {', '.join(token.allowed_models)}")
    if token.allowed_networks:
        said.append(f"from {', '.join(token.allowed_networks)}")
    return said


def whose(token: ATIToken) -> str:
    """Return whom the calls of a token count for."""
    parts = [f"team {token.team.name}"] if token.team is not None else []
    return ", ".join([*parts, token.user.email] if token.user is not None else parts) or "anybody"

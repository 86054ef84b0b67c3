"""The card of a tenant's page that says which limits are in force, for anybody of the tenant or one person or token."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import partial

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from admin_console.fields.named_rows import offered
from admin_console.parts import Choice, Select
from admin_console.tenant.limits_table import LimitLine, limit_lines
from admin_console.tenant.usual_plan import anybody_of, usual_plan
from admin_console.who import Viewer
from metering.errors import MeteringError, NotFound
from metering.identity.find import find_plan
from metering.models import ATIToken, Plan, Team, Tenant, User
from metering.policy.source import read_policy_rows
from metering.policy.values import PolicySubject
from metering.simulation.effective_limits import EffectiveLimit, effective_limits
from metering.simulation.find_asker import find_asker
from metering.simulation.own_plan import own_plan_code
from metering.simulation.source_names import token_name

MOST_CHOICES = 100
"""Teams, people and tokens that can be chosen each; more are found by an address with their name."""
KINDS = ("team", "user", "token")


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsCard:
    lines: tuple[LimitLine, ...]
    select: Select
    problem: str = ""


def limits_for(
    request: HttpRequest, viewer: Viewer, tenant: Tenant, *, now: datetime, zone: tzinfo
) -> LimitsCard:
    """`?for=user:ann@alder.example` chooses whose; `plan:BASIC` a plan, where the tenant has several."""
    is_operator = viewer.tenant is None
    chosen = request.GET.get("for", "")
    select = Select(
        name="for", label="For", any_label="anybody", value=chosen, choices=_choices(tenant, chosen, now)
    )
    try:
        subject = _subject(viewer, tenant, chosen, now)
        limits = effective_limits(source=read_policy_rows(tenant=tenant), subject=subject, now=now)
    except MeteringError as error:
        return LimitsCard(lines=(), select=select, problem=error.message)
    lines = limit_lines(
        limits,
        zone=zone,
        links_sources=is_operator,
        change_url=partial(_change_url, tenant) if is_operator else _no_url,
    )
    return LimitsCard(lines=tuple(lines), select=select)


def _subject(viewer: Viewer, tenant: Tenant, chosen: str, now: datetime) -> PolicySubject:
    kind, _, name = chosen.partition(":")
    if kind == "plan":
        is_operator = viewer.tenant is None
        code = find_plan(name).code if is_operator else own_plan_code(tenant, name, now=now)
        return anybody_of(tenant, code)
    if kind in KINDS:
        return find_asker(tenant=tenant, now=now, **{kind: name}).subject
    if chosen:
        raise NotFound(f"There is nobody {chosen!r} here.")
    plan = usual_plan(tenant, now)
    if not plan:
        raise NotFound(f"{tenant.name} has no live token, and a limit depends on the plan of one.")
    return anybody_of(tenant, plan)


def _choices(tenant: Tenant, chosen: str, now: datetime) -> tuple[Choice, ...]:
    """The first of each kind, and whoever is chosen."""
    kind, _, name = chosen.partition(":")
    named = {known: name if kind == known else "" for known in KINDS}
    live = ATIToken.objects.for_tenant(tenant).live(now)
    plans = Plan.objects.filter(pk__in=live.order_by().values("plan_tier")).values_list("code", "name")
    teams = Team.objects.for_tenant(tenant).order_by("slug").values_list("slug", flat=True)
    people = (
        User.objects.filter(tenant=tenant, is_active=True).order_by("email").values_list("email", flat=True)
    )
    tokens = live.order_by("name", "prefix").values_list("name", "prefix")
    first = {
        "team": offered(teams, most=MOST_CHOICES, slug=named["team"]),
        "user": offered(people, most=MOST_CHOICES, email=named["user"]),
        "token": offered(tokens, most=MOST_CHOICES, prefix=named["token"]),
    }
    several = [Choice(value=f"plan:{code}", label=f"anybody on plan {name}") for code, name in plans]
    return (
        *(several if len(several) > 1 else ()),
        *(Choice(value=f"team:{slug}", label=f"team {slug}") for slug in first["team"]),
        *(Choice(value=f"user:{email}", label=email) for email in first["user"]),
        *(
            Choice(value=f"token:{prefix}", label=f"token {token_name(name, prefix)}")
            for name, prefix in first["token"]
        ),
    )


def _no_url(limit: EffectiveLimit) -> str:
    return ""


def _change_url(tenant: Tenant, limit: EffectiveLimit) -> str:
    """Where operators give the tenant a value of its own."""
    if limit.is_budget:
        return reverse("admin:metering_budget_change", args=[limit.set_by.id]) if limit.set_by.id else ""
    query = {"key": limit.key}
    if len(limit.tasks) == 1:
        query["task"] = limit.tasks[0]
    return f"{reverse('admin:tenant_limit', args=[tenant.slug])}?{urlencode(query)}"

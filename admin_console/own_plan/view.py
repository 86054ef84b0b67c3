"""The own plan: for a member what it allows oneself, for an administrator and an operator the whole tenant."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import now

from admin_console.limits.rows import MOST, lines_of
from admin_console.limits.view import editor_of_viewer
from admin_console.own_plan.rows import COLUMNS, as_of, rows_of, use_by_limit
from admin_console.parts import Choice, Empty, Table, with_query
from admin_console.people.tabs import address
from admin_console.reach import choose_tenant, reach_of, tenant_in_url
from admin_console.who import Viewer
from metering.models import Membership, Tenant
from metering.overview.budgets import BudgetLine, budget_lines
from metering.overview.reach import Reach
from metering.policy.values import PolicySubject
from metering.simulation.own_plan import OwnPlan, own_plan, plans_of
from metering.types import SubjectType
from metering.usage.subjects import Subjects


def my_plan(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    tenant = tenant_in_url(request, viewer)
    if tenant is None:
        return choose_tenant(request, page)
    subject = _subject(request, viewer, tenant)
    if subject is None:
        return render(
            request, "admin_console/own_plan.html", {**page, "tenant": tenant, "empty": _no_plan(viewer)}
        )
    token = viewer.user.signup_token
    found = own_plan(
        tenant=tenant,
        subject=subject,
        now=now(),
        allowed_tasks=token.allowed_tasks if viewer.own_only and token is not None else (),
    )
    lines = [] if viewer.own_only else lines_of(tenant, viewer, editor_of_viewer(viewer))
    shown = {
        "tenant": tenant,
        "found": found,
        "plans": _plans(request, found),
        "whose": "you" if viewer.own_only else tenant.name,
        "is_own": viewer.own_only,
        "below": lines[:10],
        "below_count": len(lines),
        "is_cut": len(lines) >= MOST,
        "limits_url": "" if viewer.own_only else address("limits", viewer, tenant),
        "keys_url": "" if viewer.own_only else address("vendor_keys", viewer, tenant),
        **_tables(request, viewer, found, tenant),
    }
    return render(request, "admin_console/own_plan.html", {**page, **shown})


def _no_plan(viewer: Viewer) -> Empty:
    whom = "an administrator of your tenant" if viewer.own_only else "the gateway's operator"
    return Empty(
        title="There is no plan yet",
        text=f"A plan comes with a token, and says which tasks and models may be used. Ask {whom} for one.",
        button="See the tokens",
        url=reverse("admin:tokens"),
    )


def _subject(request: HttpRequest, viewer: Viewer, tenant: Tenant) -> PolicySubject | None:
    """Whose limits are shown; None for somebody without a plan. Raises Http404 for a plan that the tenant is not on."""
    token = viewer.user.signup_token
    own = token.plan_tier_id if token is not None and token.tenant_id == tenant.pk else None
    if viewer.own_only:
        if token is None or own is None:
            return None
        team = token.team_id or _only_team(viewer)
        return PolicySubject(tenant.pk, own, team, viewer.user.pk, token.pk)
    codes = [plan.code for plan in plans_of(tenant, now=now())]
    asked = request.GET.get("plan", "")
    if asked and asked not in codes:
        raise Http404
    chosen = asked or (own if own in codes else next(iter(codes), None))
    return None if chosen is None else PolicySubject(tenant.pk, chosen, None, None, None)


def _only_team(viewer: Viewer) -> Any:
    """The team of somebody who is in one; of several each call says which."""
    teams = list(Membership.objects.filter(user=viewer.user).values_list("team_id", flat=True)[:2])
    return teams[0] if len(teams) == 1 else None


def _plans(request: HttpRequest, found: OwnPlan) -> list[Choice]:
    if len(found.plans) < 2:
        return []
    return [
        Choice(
            value=plan.code,
            label=plan.name,
            url=with_query(request.GET, plan=plan.code),
            is_chosen=plan.code == found.plan.code,
        )
        for plan in found.plans
    ]


def _tables(request: HttpRequest, viewer: Viewer, found: OwnPlan, tenant: Tenant) -> dict[str, Table]:
    use = use_by_limit(_lines(request, viewer, found, tenant))
    return {
        "budgets": Table(
            columns=COLUMNS,
            rows=rows_of(as_of(found.limits, is_budget=True), use, tenant.name, viewer),
            empty=Empty(
                title="No budget",
                text="Nothing limits how much is spent or used in a window of time.",
                button="See what was used",
                url=reverse("admin:explore"),
            ),
            caption="Budgets",
            as_cards=True,
        ),
        "rules": Table(
            columns=COLUMNS,
            rows=rows_of(as_of(found.limits, is_budget=False), use, tenant.name, viewer),
            empty=Empty(
                title="No limit",
                text="Nothing limits how large a call may be, or how many at once.",
                button="See the calls",
                url=reverse("admin:activity"),
            ),
            caption="Limits",
            as_cards=True,
        ),
    }


def _lines(request: HttpRequest, viewer: Viewer, found: OwnPlan, tenant: Tenant) -> list[BudgetLine]:
    """What is used of the limits that are shown: one's own, or the whole tenant's."""
    if viewer.own_only:
        return budget_lines(reach_of(request, viewer), now=now())
    subjects = Subjects(tenant_id=tenant.pk, plan=found.plan.code)
    lines = budget_lines(Reach(tenant=tenant, subjects=subjects), now=now())
    return [line for line in lines if line.status.key.subject_type == SubjectType.TENANT]

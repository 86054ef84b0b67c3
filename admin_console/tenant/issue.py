"""Issue a token: chosen from lists, shown once, with lines that are ready to be run."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now

from admin_console.auditing import actor_of
from admin_console.tenant.acting import Act, act_page, add_refusal
from admin_console.tenant.forms import IssueForm
from admin_console.tenant.hub import show_hub
from admin_console.tenant.reach import hub_url, tenant_in_reach
from admin_console.tenant.ready_lines import lines_for
from admin_console.tenant.tokens_table import called
from admin_console.tenant.usual_plan import usual_plan
from admin_console.who import Viewer, ceiling_of_user
from metering.errors import MeteringError
from metering.identity.find import find_team, find_user
from metering.identity.tokens.issue_token import issue_token
from metering.identity.tokens.secret import IssuedToken
from metering.models import ATIToken, Tenant
from metering.onboarding.ready_lines import ReadyLines


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A secret that is shown once, and what to do with it."""

    title: str
    secret: str
    lines: ReadyLines
    page_url: str


def issue(request: HttpRequest, viewer: Viewer, page: dict[str, Any], slug: str) -> HttpResponse:
    tenant, ceiling = tenant_in_reach(viewer, slug), ceiling_of_user(viewer.user)
    initial = {
        "plan": request.GET.get("plan") or usual_plan(tenant, now()),
        "name": request.GET.get("name", f"{tenant.slug}-app"),
        "team": request.GET.get("team", ""),
        "user": request.GET.get("user", ""),
    }
    form = IssueForm(request.POST or None, tenant=tenant, ceiling=ceiling, initial=initial)
    if request.method == "POST" and form.is_valid():
        values, moment = form.cleaned_data, now()
        try:
            issued = issue_token(
                tenant=tenant,
                plan_code=values["plan"],
                name=values["name"],
                team=find_team(tenant=tenant, reference=values["team"]) if values["team"] else None,
                user=find_user(tenant=tenant, reference=values["user"]) if values["user"] else None,
                allowed_tasks=values["allowed_tasks"],
                expires_at=form.expires_at(moment),
                ceiling=ceiling,
                actor=actor_of(request),
                now=moment,
            )
            return issued_page(request, viewer, page, tenant, issued)
        except MeteringError as error:
            add_refusal(form, error, expires_at="ends")
    act = Act(
        title=f"Issue a token to {tenant.name}",
        sentence="An application calls the gateway with it. Its secret is shown once, on the next page.",
        button=f"Issue token to {tenant.name}",
    )
    return act_page(request, viewer, page, tenant, act, form=form)


def issued_page(
    request: HttpRequest,
    viewer: Viewer,
    page: dict[str, Any],
    tenant: Tenant,
    issued: IssuedToken,
    *,
    verb: str = "issued",
) -> HttpResponse:
    """The tenant's page with the secret on it. It answers a POST and is nowhere else: whoever reloads it sees none."""
    shown = shown_once(request, issued, verb=verb, page_url=hub_url(viewer, tenant))
    return show_hub(request, viewer, page, tenant, issued=shown)


def shown_once(request: HttpRequest, issued: IssuedToken, *, verb: str, page_url: str) -> Issued:
    """For the template that shows it; `page_url` is where a reload leads."""
    token = ATIToken.objects.select_related("plan_tier").get(pk=issued.id)
    return Issued(
        title=f"Token {called(token)} {verb}",
        secret=issued.secret,
        lines=lines_for(request, token),
        page_url=page_url,
    )

"""One team: its people and its name."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now

from admin_console.doing import is_done, signed
from admin_console.paging import Pages
from admin_console.people.forms import MOST_CHOICES, NameForm
from admin_console.people.tabs import address, issue_address
from admin_console.reach import choose_tenant, tenant_in_url
from admin_console.spend import spent_this_month
from admin_console.who import Viewer
from metering.errors import InvalidRequest
from metering.identity.find import find_user
from metering.identity.people.join_team import join_team
from metering.identity.people.leave_team import leave_team
from metering.identity.people.rename_team import rename_team
from metering.models import Team, Tenant, User

MOST = 2_000


def team(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    tenant = tenant_in_url(request, viewer)
    if tenant is None:
        return choose_tenant(request, page)
    slug = request.GET.get("team", "")
    row = Team.objects.for_tenant(tenant).filter(slug=slug).first()
    if row is None:
        raise Http404
    if request.method == "POST":
        _act(request, viewer, tenant, row)
        return redirect(request.get_full_path())
    members = User.objects.filter(memberships__team=row).order_by("email")
    others = User.objects.filter(tenant=tenant, is_active=True).exclude(memberships__team=row)
    shown = {
        "title": f"Team {row.name}",
        "tenant": tenant,
        "team": row,
        "members": Pages.of(
            request.GET,
            [(user, address("person", viewer, tenant, user=user.email)) for user in members[:MOST]],
        ),
        "others": list(others.order_by("email").values_list("email", flat=True)[:MOST_CHOICES]),
        "spent": spent_this_month(tenant, by="team", now=now()).get(row.pk, 0),
        "usage_url": address("explore", viewer, tenant, team=row.slug, range="month"),
        "name_form": NameForm(initial={"name": row.name}),
        "back": address("teams", viewer, tenant),
        "issue_url": issue_address(tenant, team=row.slug),
    }
    return render(request, "admin_console/team.html", {**page, **shown})


def _act(request: HttpRequest, viewer: Viewer, tenant: Tenant, row: Team) -> None:
    """Raises Http404 for a verb that there is not."""
    by = {name: value for name, value in signed(request, viewer).items() if name != "ceiling"}

    def member() -> User:
        return find_user(tenant=tenant, reference=request.POST.get("user", ""))

    def rename() -> str:
        form = NameForm(request.POST)
        if not form.is_valid() or not form.cleaned_data["name"]:
            raise InvalidRequest("A team has a name of at most 200 characters.", param="name")
        rename_team(team=row, name=form.cleaned_data["name"], **by)
        return f"The team is called {form.cleaned_data['name']}."

    def join() -> str:
        user = member()
        join_team(team=row, user=user, **by)
        return f"{user.email} is in the team."

    def leave() -> str:
        user = member()
        leave_team(team=row, user=user, **by)
        return f"{user.email} has left the team."

    verbs: dict[str, Callable[[], str]] = {"rename": rename, "join": join, "leave": leave}
    verb = verbs.get(request.POST.get("verb", ""))
    if verb is None:
        raise Http404
    is_done(request, verb)

"""One person of a tenant, and what an administrator does for or about somebody."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now

from admin_console.doing import is_done, signed
from admin_console.links import to_page
from admin_console.people.forms import NameForm, team_choices
from admin_console.people.list import ROLES
from admin_console.people.tabs import address, issue_address
from admin_console.reach import choose_tenant, chosen_slug, tenant_in_url
from admin_console.spend import spent_this_month
from admin_console.who import Viewer
from metering.alerts.email import mail_sentence
from metering.errors import InvalidRequest
from metering.identity.find import find_team
from metering.identity.people.change_user import UserChanges, change_user
from metering.identity.people.join_team import join_team
from metering.identity.people.leave_team import leave_team
from metering.identity.people.own_account import check_own_account
from metering.identity.people.request_reset import request_reset
from metering.models import ATIToken, Team, Tenant, User

Verb = Callable[[], str]


def person(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    tenant = tenant_in_url(request, viewer)
    if tenant is None:
        return choose_tenant(request, page)
    user = person_in(tenant, request.GET.get("user", ""))
    if request.method == "POST":
        verb = _verbs(request, viewer, tenant, user).get(request.POST.get("verb", ""))
        if verb is None:
            raise Http404
        is_done(request, verb)
        return redirect(request.get_full_path())
    teams = list(Team.objects.filter(memberships__user=user).order_by("name"))
    inside = {team.slug for team in teams}
    tokens = ATIToken.objects.for_tenant(tenant).filter(user=user, revoked_at=None).order_by("name", "prefix")
    shown = {
        "title": f"Person {user.email}",
        "tenant": tenant,
        "person": user,
        "role": ROLES.get(User.Role(user.role), user.role),
        "is_admin": user.role == User.Role.TENANT_ADMIN,
        "is_self": user.pk == viewer.user.pk,
        "teams": [(team, address("team", viewer, tenant, team=team.slug)) for team in teams],
        "other_teams": [choice for choice in team_choices(tenant)[1:] if choice[0] not in inside],
        "tokens": [(token, address("token", viewer, tenant, token=token.prefix)) for token in tokens[:50]],
        "issue_url": issue_address(tenant, user=user.email),
        "spent": spent_this_month(tenant, by="user", now=now()).get(user.pk, 0),
        "usage_url": address("explore", viewer, tenant, user=user.email, range="month"),
        "calls_url": to_page("activity", tenant=chosen_slug(viewer, tenant), user=user.email),
        "name_form": NameForm(initial={"name": user.name}),
        "back": address("people", viewer, tenant),
    }
    return render(request, "admin_console/person.html", {**page, **shown})


def person_in(tenant: Tenant, email: str) -> User:
    """Raises Http404 for somebody who is not of this tenant."""
    people = User.objects.filter(tenant=tenant).select_related("signup_token")
    user = people.filter(email=email.lower()).first()
    if user is None:
        raise Http404
    return user


def _verbs(request: HttpRequest, viewer: Viewer, tenant: Tenant, user: User) -> Mapping[str, Verb]:
    by = signed(request, viewer)
    without_ceiling = {"actor": by["actor"], "now": by["now"]}

    def change(sentence: str, changes: UserChanges) -> Verb:
        def act() -> str:
            check_own_account(user=user, by=viewer.user, changed=changes)
            change_user(user=user, changes=changes, **by)
            return sentence

        return act

    def rename() -> str:
        form = NameForm(request.POST)
        if not form.is_valid():
            raise InvalidRequest("A name has at most 200 characters.", param="name")
        change_user(user=user, changes={"name": form.cleaned_data["name"]}, **by)
        return f"{user.email} is now called {form.cleaned_data['name'] or 'nothing but the address'}."

    def join() -> str:
        team = find_team(tenant=tenant, reference=request.POST.get("team", ""))
        join_team(team=team, user=user, **without_ceiling)
        return f"{user.email} is in the team {team.name}."

    def leave() -> str:
        team = find_team(tenant=tenant, reference=request.POST.get("team", ""))
        leave_team(team=team, user=user, **without_ceiling)
        return f"{user.email} has left the team {team.name}."

    def mail() -> str:
        if not user.is_active:
            raise InvalidRequest("This account is deactivated; nobody can sign in with it.")
        request_reset(email=user.email, address=None, now=by["now"])
        return mail_sentence("A mail with which another password can be chosen", user.email)

    return {
        "rename": rename,
        "make_admin": change(
            f"{user.email} is an administrator of {tenant.name}.", {"role": User.Role.TENANT_ADMIN}
        ),
        "make_member": change(f"{user.email} is a member.", {"role": User.Role.MEMBER}),
        "deactivate": change(f"{user.email} is deactivated and signed out everywhere.", {"is_active": False}),
        "activate": change(f"{user.email} may sign in again.", {"is_active": True}),
        "join": join,
        "leave": leave,
        "mail": mail,
    }

"""From the name in an address to the value in the books, as far as the viewer reaches."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from admin_console.who import Viewer
from metering.labels import MAX_LENGTH
from metering.models import ATIToken, Feature, Task, Team, Tenant, User
from metering.reports.groupings import GROUPINGS


class Unknown(Exception):
    """A name that the viewer knows nothing of, as a sentence."""


def column_value(name: str, written: str, viewer: Viewer, tenant: Tenant | None) -> object:
    """What the filter's column must be. `tenant` is whose rows are looked at; None: everybody's. Raises Unknown."""
    title = GROUPINGS[name].title.lower()
    if len(written) > MAX_LENGTH or "\0" in written:
        raise Unknown(f"No {title} has such a name.")
    if name not in _FIND:
        return written
    found = list(_FIND[name](written, viewer, tenant)[:2])
    if not found:
        raise Unknown(f"There is no {title} “{written}”.")
    if len(found) > 1:
        raise Unknown(f"Several tenants have a {title} “{written}”: choose the tenant as well.")
    return found[0]


def _teams(slug: str, viewer: Viewer, tenant: Tenant | None) -> "QuerySet[Any, Any]":
    teams = Team.objects.all() if tenant is None else Team.objects.for_tenant(tenant)
    if viewer.own_only:
        teams = teams.filter(members=viewer.user)
    return teams.filter(slug=slug).values_list("pk", flat=True)


def _users(email: str, viewer: Viewer, tenant: Tenant | None) -> "QuerySet[Any, Any]":
    users = User.objects.all() if tenant is None else User.objects.filter(tenant=tenant)
    if viewer.own_only:
        users = users.filter(pk=viewer.user.pk)
    return users.filter(email=email.lower()).values_list("pk", flat=True)


def _tokens(prefix: str, viewer: Viewer, tenant: Tenant | None) -> "QuerySet[Any, Any]":
    tokens = ATIToken.objects.all() if tenant is None else ATIToken.objects.for_tenant(tenant)
    if viewer.own_only:
        tokens = tokens.filter(user=viewer.user)
    return tokens.filter(prefix=prefix).values_list("pk", flat=True)


def _tasks(code: str, viewer: Viewer, tenant: Tenant | None) -> "QuerySet[Any, Any]":
    return Task.objects.filter(code=code).values_list("pk", flat=True)


def _features(code: str, viewer: Viewer, tenant: Tenant | None) -> "QuerySet[Any, Any]":
    return Feature.objects.filter(code=code).values_list("pk", flat=True)


_FIND: dict[str, Callable[[str, Viewer, Tenant | None], "QuerySet[Any, Any]"]] = {
    "team": _teams,
    "user": _users,
    "token": _tokens,
    "task": _tasks,
    "feature": _features,
}

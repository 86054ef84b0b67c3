"""What a text may mean, within the viewer's reach: pages, tenants, people, tokens, models and calls; few of each.

Super admins find everybody's, a tenant's administrators their tenant's, members themselves, their tokens and calls.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse

from admin_console.activity.question import within_reach
from admin_console.links import to_page
from admin_console.pages import PAGES
from admin_console.who import Viewer
from admin_console.wording import when
from admin_console.zone import zone_of_tenant
from metering.activity.search import find as find_calls
from metering.errors import InvalidRequest
from metering.models import ATIToken, LLMModel, Tenant, User

EACH = 6
"""Of each kind; who looks for more writes more."""
SHORTEST, LONGEST = 2, 200
SHORTEST_ID = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One thing: its name, what it is, and where. The theme's palette knows these names."""

    title: str
    description: str
    link: str
    icon: str


def find(text: str, viewer: Viewer) -> list[Found]:
    """The nearest first: pages, then nouns by name, then calls by their ids."""
    text = text.strip()[:LONGEST]
    if len(text) < SHORTEST or "\0" in text:
        return []
    kinds = (_pages, _tenants, _people, _tokens, _models, _calls)
    return [found for kind in kinds for found in kind(text, viewer)]


def _pages(text: str, viewer: Viewer) -> Iterator[Found]:
    for page in PAGES:
        if page.icon and text.lower() in page.title.lower() and viewer.is_in(page.audience):
            if page.is_for_tenants if viewer.tenant is None else page.is_for_operators:
                continue
            yield Found(
                title=page.title, description="page", link=reverse(f"admin:{page.name}"), icon=page.icon
            )


def _tenants(text: str, viewer: Viewer) -> Iterator[Found]:
    if viewer.tenant is not None:
        return
    rows = Tenant.objects.filter(Q(slug__icontains=text) | Q(name__icontains=text)).order_by("slug")
    for tenant in rows[:EACH]:
        link = to_page("tenants") and reverse("admin:tenant_hub", args=(tenant.slug,))
        yield Found(title=tenant.name, description=f"tenant {tenant.slug}", link=link, icon="apartment")


def _people(text: str, viewer: Viewer) -> Iterator[Found]:
    people = User.objects.filter(Q(email__icontains=text) | Q(name__icontains=text)).select_related("tenant")
    if viewer.tenant is not None:
        people = people.filter(tenant=viewer.tenant)
    if viewer.own_only:
        people = people.filter(pk=viewer.user.pk)
    for person in people.order_by("email")[:EACH]:
        of = f" of {person.tenant.name}" if person.tenant is not None and viewer.tenant is None else ""
        yield Found(
            title=person.email, description=f"person{of}", link=_person_link(person, viewer), icon="person"
        )


def _person_link(person: User, viewer: Viewer) -> str:
    if viewer.own_only:
        return reverse("admin:profile")
    if person.tenant is None:
        return reverse("admin:metering_user_change", args=(person.pk,))
    return to_page("person", tenant=_tenant_of(person, viewer), user=person.email)


def _tokens(text: str, viewer: Viewer) -> Iterator[Found]:
    tokens = ATIToken.objects.filter(Q(prefix__startswith=text) | Q(name__icontains=text)).select_related(
        "tenant"
    )
    if viewer.tenant is not None:
        tokens = tokens.filter(tenant=viewer.tenant)
    if viewer.own_only:
        tokens = tokens.filter(user=viewer.user)
    for token in tokens.defer("digest", "previous_digest").order_by("name", "prefix")[:EACH]:
        of = f" of {token.tenant.name}" if viewer.tenant is None else ""
        link = to_page("token", tenant=_tenant_of(token, viewer), token=token.prefix)
        yield Found(
            title=token.name or token.prefix, description=f"token {token.prefix}…{of}", link=link, icon="key"
        )


def _models(text: str, viewer: Viewer) -> Iterator[Found]:
    models = LLMModel.objects.filter(Q(name__icontains=text) | Q(aliases__contains=[text])).order_by("name")
    for model in models[:EACH]:
        link = to_page("explore", model=model.name, range="30d")
        if viewer.tenant is None:
            link = reverse("admin:metering_llmmodel_change", args=(model.name,))
        yield Found(
            title=model.name, description=f"model of {model.provider_id}", link=link, icon="smart_toy"
        )


def _calls(text: str, viewer: Viewer) -> Iterator[Found]:
    """Of any of their ids: the page of each, and where there are more, or a label, the log."""
    if len(text) < SHORTEST_ID:
        return
    try:
        found = find_calls(text, within_reach(viewer))
    except InvalidRequest:
        return  # it took too long
    for line in found.lines[:EACH]:
        said = f"{line.status.value.replace('_', ' ')} {when(line.at, zone_of_tenant(viewer.tenant))}"
        link = reverse("admin:activity_call", args=[line.id])
        yield Found(
            title=f"Call {line.request_id or line.id}", description=said, link=link, icon="receipt_long"
        )
    if len(found.lines) > EACH or found.column:
        name = found.name or text
        link = f"{reverse('admin:activity')}?{urlencode({'q': text})}"
        yield Found(title=f"Calls of {name}", description="in the log", link=link, icon="receipt_long")


def _tenant_of(row: User | ATIToken, viewer: Viewer) -> str:
    """What an address must say for a super admin."""
    return row.tenant.slug if viewer.tenant is None and row.tenant is not None else ""

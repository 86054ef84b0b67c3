"""The three lists of people side by side: people, invitations, teams."""

from dataclasses import dataclass
from urllib.parse import quote

from django.urls import reverse

from admin_console.reach import chosen_slug
from admin_console.who import Viewer
from metering.models import Tenant

TABS = {"people": "People", "invitations": "Invitations", "teams": "Teams"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    title: str
    url: str
    is_current: bool


def tabs(viewer: Viewer, tenant: Tenant, current: str) -> list[Tab]:
    return [
        Tab(title=title, url=address(name, viewer, tenant), is_current=name == current)
        for name, title in TABS.items()
    ]


def address(name: str, viewer: Viewer, tenant: Tenant, **query: str) -> str:
    """Of a page about this tenant: `address("person", viewer, tenant, user="ann@alder.example")`."""
    slug = chosen_slug(viewer, tenant)
    parts = _written({"tenant": slug, **query} if slug else query)
    return reverse(f"admin:{name}") + (f"?{'&'.join(parts)}" if parts else "")


def issue_address(tenant: Tenant, **query: str) -> str:
    """Of the page that issues a token of this tenant."""
    page = reverse("admin:tenant_issue", args=[tenant.slug])
    return page + (f"?{'&'.join(_written(query))}" if query else "")


def _written(query: dict[str, str]) -> list[str]:
    return [f"{name}={quote(value, safe='@')}" for name, value in query.items()]

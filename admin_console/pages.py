"""The pages that people work in: where each is, for whom, and its place in the sidebar.

A page is `view(request, viewer, page, **parts of the address)`; `page` is what every page of the console shows. Views
are named by text and imported on first use: settings read this module before there are models.
"""

from dataclasses import dataclass

from admin_console.audience import Audience


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page. Without an icon it has no entry in the sidebar, where nobody has more than ten."""

    name: str
    route: str
    view: str
    audience: Audience
    title: str
    icon: str = ""
    is_advanced: bool = False
    """Its entry is among those under "Advanced"."""
    is_for_tenants: bool = False
    """Super admins come to it by a tenant's page, and have no entry for it."""


PAGES = (
    Page(
        name="index",
        route="",
        view="admin_console.overview.view.overview",
        audience=Audience.EVERYBODY,
        title="Overview",
        icon="dashboard",
    ),
    Page(
        name="budgets",
        route="budgets/",
        view="admin_console.budgets.view.budgets",
        audience=Audience.EVERYBODY,
        title="Budgets",
        icon="account_balance_wallet",
    ),
    Page(
        name="tenants",
        route="tenants/",
        view="admin_console.tenant.tenants.tenants",
        audience=Audience.OPERATORS,
        title="Tenants",
        icon="apartment",
    ),
    Page(
        name="tenant_own",
        route="tenant/",
        view="admin_console.tenant.hub.hub",
        audience=Audience.ADMINS,
        title="Your tenant",
        icon="apartment",
        is_for_tenants=True,
    ),
    Page(
        name="new_tenant",
        route="new-tenant/",
        view="admin_console.tenant.create.new_tenant",
        audience=Audience.OPERATORS,
        title="New tenant",
    ),
    Page(
        name="tenant_hub",
        route="tenants/<slug:slug>/",
        view="admin_console.tenant.hub.hub",
        audience=Audience.ADMINS,
        title="Tenant",
    ),
    Page(
        name="tenant_issue",
        route="tenants/<slug:slug>/issue-token/",
        view="admin_console.tenant.issue.issue",
        audience=Audience.ADMINS,
        title="Issue a token",
    ),
    Page(
        name="tenant_rotate",
        route="tenants/<slug:slug>/tokens/<str:prefix>/rotate/",
        view="admin_console.tenant.token_verbs.rotate",
        audience=Audience.ADMINS,
        title="Rotate a token",
    ),
    Page(
        name="tenant_revoke",
        route="tenants/<slug:slug>/tokens/<str:prefix>/revoke/",
        view="admin_console.tenant.token_verbs.revoke",
        audience=Audience.ADMINS,
        title="Revoke a token",
    ),
    Page(
        name="tenant_status",
        route="tenants/<slug:slug>/status/",
        view="admin_console.tenant.status.status",
        audience=Audience.OPERATORS,
        title="Suspend or activate",
    ),
    Page(
        name="tenant_plan",
        route="tenants/<slug:slug>/plan/",
        view="admin_console.tenant.plan.plan",
        audience=Audience.OPERATORS,
        title="Change the plan",
    ),
    Page(
        name="tenant_limit",
        route="tenants/<slug:slug>/limit/",
        view="admin_console.tenant.limit.limit",
        audience=Audience.OPERATORS,
        title="A limit",
    ),
    Page(
        name="simulator",
        route="simulator/",
        view="admin_console.simulator.simulator",
        audience=Audience.ADMINS,
        title="Simulator",
        icon="science",
    ),
    Page(
        name="search",
        route="search/",
        view="admin_console.search.view.search",
        audience=Audience.EVERYBODY,
        title="Search",
    ),
    Page(
        name="everything",
        route="everything/",
        view="admin_console.everything.everything",
        audience=Audience.OPERATORS,
        title="All records",
        icon="database",
        is_advanced=True,
    ),
)
AUDIENCE_OF = {page.name: page.audience for page in PAGES}

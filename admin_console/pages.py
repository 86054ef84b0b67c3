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
        name="activity",
        route="activity/",
        view="admin_console.activity.log.activity",
        audience=Audience.EVERYBODY,
        title="Activity",
        icon="receipt_long",
    ),
    Page(
        name="activity_export",
        route="activity/export/",
        view="admin_console.activity.export.export",
        audience=Audience.EVERYBODY,
        title="Activity as CSV",
    ),
    Page(
        name="activity_call",
        route="activity/<uuid:id>/",
        view="admin_console.activity.call.call",
        audience=Audience.EVERYBODY,
        title="Call",
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

"""The pages that people work in: where each is, for whom, and its place in the sidebar.

A page is `view(request, viewer, page, **parts of the address)`; `page` is what every page of the console shows. Views
are named by text and imported on first use: settings read this module before there are models.
"""

from dataclasses import dataclass

from admin_console.audience import Audience


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page. Without an icon it has no entry in the sidebar."""

    name: str
    route: str
    view: str
    audience: Audience
    title: str
    icon: str = ""


PAGES = (
    Page(
        name="plans",
        route="plans/",
        view="admin_console.plan.list.plans",
        audience=Audience.OPERATORS,
        title="Plans",
        icon="sell",
    ),
    Page(
        name="plans_compare",
        route="plans/compare/",
        view="admin_console.plan.list.compare",
        audience=Audience.OPERATORS,
        title="Plans",
    ),
    Page(
        name="plan_new",
        route="plans/new/",
        view="admin_console.plan.list.new",
        audience=Audience.OPERATORS,
        title="A new plan",
    ),
    Page(
        name="plan_copy",
        route="plans/<str:code>/copy/",
        view="admin_console.plan.list.new",
        audience=Audience.OPERATORS,
        title="Copy a plan",
    ),
    Page(
        name="plan",
        route="plans/<str:code>/",
        view="admin_console.plan.view.plan",
        audience=Audience.OPERATORS,
        title="Plan",
    ),
    Page(
        name="simulator",
        route="simulator/",
        view="admin_console.simulator.simulator",
        audience=Audience.ADMINS,
        title="Simulator",
        icon="science",
    ),
)
AUDIENCE_OF = {page.name: page.audience for page in PAGES}

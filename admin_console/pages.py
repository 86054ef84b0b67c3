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
)
AUDIENCE_OF = {page.name: page.audience for page in PAGES}

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
    badge: str = ""
    """What is called with the request for the number beside the entry, by its dotted name."""


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
        name="people",
        route="people/",
        view="admin_console.people.list.people",
        audience=Audience.ADMINS,
        title="People",
        icon="group",
        is_for_tenants=True,
    ),
    Page(
        name="person",
        route="people/person/",
        view="admin_console.people.person.person",
        audience=Audience.ADMINS,
        title="Person",
    ),
    Page(
        name="invite",
        route="people/invite/",
        view="admin_console.people.invite.invite_somebody",
        audience=Audience.ADMINS,
        title="Invite somebody",
    ),
    Page(
        name="invitations",
        route="people/invitations/",
        view="admin_console.people.invitations.invitations",
        audience=Audience.ADMINS,
        title="Invitations",
    ),
    Page(
        name="teams",
        route="teams/",
        view="admin_console.people.teams.teams",
        audience=Audience.ADMINS,
        title="Teams",
    ),
    Page(
        name="team",
        route="teams/team/",
        view="admin_console.people.team.team",
        audience=Audience.ADMINS,
        title="Team",
    ),
    Page(
        name="tokens",
        route="tokens/",
        view="admin_console.token_pages.list.tokens",
        audience=Audience.EVERYBODY,
        title="Tokens",
        icon="key",
        is_for_tenants=True,
    ),
    Page(
        name="token",
        route="tokens/token/",
        view="admin_console.token_pages.one.token",
        audience=Audience.EVERYBODY,
        title="Token",
    ),
    Page(
        name="alerts",
        route="alerts/",
        view="admin_console.alert_pages.view.alerts",
        audience=Audience.ADMINS,
        title="Alerts",
        icon="notifications",
        badge="admin_console.alert_pages.unread.unread_text",
    ),
    Page(
        name="profile",
        route="profile/",
        view="admin_console.own.profile.profile",
        audience=Audience.EVERYBODY,
        title="My profile",
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

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
    is_for_operators: bool = False
    """Tenants' people come to it by another page, and have no entry for it."""
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
        name="explore",
        route="explore/",
        view="admin_console.explore.view.explore_page",
        audience=Audience.EVERYBODY,
        title="Explore usage",
        icon="query_stats",
    ),
    Page(
        name="savings",
        route="explore/savings/",
        view="admin_console.explore.savings_page.savings_page",
        audience=Audience.EVERYBODY,
        title="What could cost less",
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
        name="budget",
        route="budgets/<uuid:id>/",
        view="admin_console.quota.budget.one_budget",
        audience=Audience.EVERYBODY,
        title="Budget",
    ),
    Page(
        name="quota_requests",
        route="quota-requests/",
        view="admin_console.quota.requests.requests",
        audience=Audience.EVERYBODY,
        title="Quota requests",
        icon="inbox",
        is_for_operators=True,
        badge="admin_console.quota.badge.waiting_text",
    ),
    Page(
        name="quota_ask",
        route="quota-requests/ask/",
        view="admin_console.quota.ask.ask",
        audience=Audience.EVERYBODY,
        title="Ask for quota",
    ),
    Page(
        name="quota_request",
        route="quota-requests/<uuid:id>/",
        view="admin_console.quota.requests.one_request",
        audience=Audience.EVERYBODY,
        title="Request for quota",
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
        name="activity_call",
        route="activity/<uuid:id>/",
        view="admin_console.activity.call.call",
        audience=Audience.EVERYBODY,
        title="Call",
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
        name="prices",
        route="prices/",
        view="admin_console.prices.list.prices",
        audience=Audience.OPERATORS,
        title="Prices",
        icon="payments",
        is_advanced=True,
    ),
    Page(
        name="prices_import",
        route="prices/import/",
        view="admin_console.prices.import_list.import_list",
        audience=Audience.OPERATORS,
        title="Prices of the list",
    ),
    Page(
        name="price_history",
        route="prices/<path:model>/",
        view="admin_console.prices.history.history",
        audience=Audience.OPERATORS,
        title="Prices of a model",
    ),
    Page(
        name="vendors",
        route="vendors/",
        view="admin_console.vendors.view.vendors",
        audience=Audience.OPERATORS,
        title="Models and vendors",
        icon="smart_toy",
    ),
    Page(
        name="vendor_test",
        route="vendors/<str:name>/test/",
        view="admin_console.vendors.view.test",
        audience=Audience.OPERATORS,
        title="Test a vendor",
    ),
    Page(
        name="token_narrow",
        route="tokens/<str:prefix>/narrow/",
        view="admin_console.narrowing.view.narrow",
        audience=Audience.ADMINS,
        title="What a token may do",
    ),
    Page(
        name="token_undo",
        route="tokens/<str:prefix>/narrow/undo/",
        view="admin_console.narrowing.view.undo",
        audience=Audience.ADMINS,
        title="Undo",
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
    Page(
        name="my_plan",
        route="my-plan/",
        view="admin_console.own_plan.view.my_plan",
        audience=Audience.EVERYBODY,
        title="My plan",
        icon="sell",
        is_for_tenants=True,
    ),
    Page(
        name="limits",
        route="limits/",
        view="admin_console.limits.view.limits",
        audience=Audience.ADMINS,
        title="Limits",
        icon="tune",
        is_advanced=True,
        is_for_tenants=True,
    ),
    Page(
        name="limit_budget",
        route="limits/budget/",
        view="admin_console.limits.set_limit.set_budget_limit",
        audience=Audience.ADMINS,
        title="Set a budget",
    ),
    Page(
        name="limit_rule",
        route="limits/rule/",
        view="admin_console.limits.set_limit.set_rule_limit",
        audience=Audience.ADMINS,
        title="Set a rule",
    ),
    Page(
        name="vendor_keys",
        route="vendor-keys/",
        view="admin_console.own_keys.view.own_keys",
        audience=Audience.ADMINS,
        title="Vendor keys",
        icon="vpn_key",
        is_advanced=True,
        is_for_tenants=True,
    ),
    Page(
        name="audit",
        route="audit/",
        view="admin_console.trail.view.trail",
        audience=Audience.ADMINS,
        title="Audit",
        icon="history",
        is_advanced=True,
    ),
    Page(
        name="audit_csv",
        route="audit/csv/",
        view="admin_console.trail.view.trail_csv",
        audience=Audience.ADMINS,
        title="Audit as CSV",
    ),
)
AUDIENCE_OF = {page.name: page.audience for page in PAGES}

"""Every page of the console that people work in, and whom it answers.

A page of `admin_console/pages.py` without a line here fails `test_console_pages.py`. To add one, add one line:

    PageRow("GET /admin/teams/{team}/", ADMINS),

- The audience says who is answered: 200, or for a POST 302 (`done=` where it is something else). Everybody else in the
  console is sent to the login page, as are people of a tenant that is suspended.
- `{team}`, `{user}`, `{email}`, `{token}`, `{tenant}` and so on become Alder's own, `{birch_team}` and so on Birch's:
  `TenantData.names` in `world.py`. Add there what your nouns need, also to `marks`, `more_of` and `image.py`.
- Birch's people get 404 where the line names something of Alder's; say `stranger=` where it is something else.
- `member=` is for what Alder's member may not do on a page that members have, `admin=` for what is not Alder's, and
  `operator=` for where super admins are asked for a tenant first.
- `form=` is what a POST sends.
"""

from typing import Any

from admin_console.audience import Audience
from tests.tenancy.matrix import Row

OPERATORS, ADMINS, EVERYBODY = Audience.OPERATORS, Audience.ADMINS, Audience.EVERYBODY
LOGIN = 401
"""Stands for being sent to the login page."""


class PageRow(Row):
    """One line: a page, or something that is done on it."""

    def __init__(
        self,
        route: str,
        audience: Audience,
        *,
        done: int | None = None,
        member: int | None = None,
        admin: int | None = None,
        operator: int | None = None,
        stranger: int | None = None,
        form: dict[str, Any] | None = None,
    ) -> None:
        answered = done or (200 if route.startswith("GET ") else 302)
        super().__init__(
            route,
            member=(member or answered) if audience is EVERYBODY else LOGIN,
            admin=LOGIN if audience is OPERATORS else (admin or answered),
            operator=operator or answered,
            stranger=stranger,
            body=form,
        )
        self.audience = audience


OWN_BUDGET = {"whom": "tag", "tag": "project=apollo", "amount": "$5", "dimension": "cost", "window": "day"}
OWN_BUDGET["once_reached"] = "hard"
OWN_RULE = {"whom": "tag", "tag": "project=apollo", "key": "max_tokens_out", "value": "2k", "mode": "enforce"}
OWN_KEY = {"provider": "acme", "label": "console", "key": "sk-0123456789-wxyz"}
CHANNEL = {"name": "console", "url": "https://hooks.invalid/console"}

PAGES = [
    PageRow("GET /admin/activity/", EVERYBODY),
    PageRow("GET /admin/notifications/", EVERYBODY),
    PageRow("POST /admin/notifications/", EVERYBODY, form={"all": "1"}),
    PageRow(
        "POST /admin/notifications/", EVERYBODY, form={"read": "{notification}"}, admin=404, operator=404
    ),
    PageRow("GET /admin/activity/?tenant={tenant}&range=7d", EVERYBODY, stranger=200),
    PageRow("GET /admin/activity/?user={email}", EVERYBODY, stranger=200),
    PageRow("GET /admin/activity/?q={call}", EVERYBODY, done=302, stranger=200),
    PageRow("GET /admin/activity/?q={admin_email}", EVERYBODY, done=302, member=200, stranger=200),
    PageRow("GET /admin/activity/?format=csv&tenant={tenant}", EVERYBODY, stranger=200),
    PageRow("GET /admin/activity/{call}/", EVERYBODY),
    PageRow("GET /admin/activity/{decision}/", EVERYBODY, member=404),
    PageRow("GET /admin/explore/", EVERYBODY),
    PageRow("GET /admin/explore/?group=user&subgroup=token&range=7d", EVERYBODY),
    PageRow("GET /admin/explore/?group=agent&format=csv", EVERYBODY),
    PageRow("GET /admin/explore/?tenant={tenant}&group=team", EVERYBODY, stranger=200),
    PageRow("GET /admin/explore/?user={email}", EVERYBODY, stranger=200),
    PageRow("GET /admin/explore/?team={team_slug}&format=csv", EVERYBODY, stranger=200),
    PageRow("POST /admin/explore/?range=7d", EVERYBODY, form={"name": "Mine"}),
    PageRow("GET /admin/explore/savings/?tenant={tenant}", EVERYBODY, stranger=200),
    PageRow("GET /admin/people/", ADMINS),
    PageRow("GET /admin/people/?tenant={tenant}", ADMINS),
    PageRow("GET /admin/people/", ADMINS),
    PageRow("GET /admin/people/?team={team_slug}&q={email}", ADMINS, stranger=200),
    PageRow("GET /admin/people/person/?tenant={tenant}&user={email}", ADMINS),
    PageRow("GET /admin/people/person/?user={email}", ADMINS, operator=200),
    PageRow("GET /admin/people/person/?tenant={birch_tenant}&user={email}", ADMINS, admin=404, operator=404),
    PageRow("POST /admin/people/person/?user={email}", ADMINS, form={"verb": "make_admin"}, operator=200),
    PageRow(
        "POST /admin/people/person/?user={birch_email}",
        ADMINS,
        form={"verb": "join", "team": "{team_slug}"},
        admin=404,
        operator=200,
        stranger=302,
    ),
    PageRow("GET /admin/people/invite/?tenant={tenant}", ADMINS),
    PageRow("GET /admin/people/invite/", ADMINS),
    PageRow(
        "POST /admin/people/invite/",
        ADMINS,
        form={"email": "new@example.com", "role": "MEMBER"},
        operator=200,
    ),
    PageRow(
        "POST /admin/people/invite/?tenant={tenant}",
        ADMINS,
        form={"email": "new@example.com", "role": "MEMBER"},
    ),
    PageRow(
        "POST /admin/people/invite/",
        ADMINS,
        form={"email": "x@example.com", "role": "MEMBER", "team": "{team_slug}"},
        operator=200,
        stranger=200,
    ),
    PageRow("GET /admin/people/invitations/?tenant={tenant}", ADMINS),
    PageRow("GET /admin/people/invitations/", ADMINS),
    PageRow(
        "POST /admin/people/invitations/", ADMINS, form={"email": "{invited}", "verb": "resend"}, operator=200
    ),
    PageRow(
        "POST /admin/people/invitations/?tenant={tenant}",
        ADMINS,
        form={"email": "{invited}", "verb": "withdraw"},
    ),
    PageRow("GET /admin/teams/?tenant={tenant}", ADMINS),
    PageRow("GET /admin/teams/", ADMINS),
    PageRow("POST /admin/teams/?tenant={tenant}", ADMINS, form={"name": "New", "slug": "new"}),
    PageRow("GET /admin/teams/team/?tenant={tenant}&team={team_slug}", ADMINS),
    PageRow("GET /admin/teams/team/?team={team_slug}", ADMINS),
    PageRow(
        "POST /admin/teams/team/?team={team_slug}",
        ADMINS,
        form={"verb": "join", "user": "{admin_email}"},
        operator=200,
    ),
    PageRow("GET /admin/tokens/?tenant={tenant}", EVERYBODY),
    PageRow("GET /admin/tokens/", EVERYBODY),
    PageRow("GET /admin/tokens/token/?tenant={tenant}&token={own_prefix}", EVERYBODY),
    PageRow("GET /admin/tokens/token/?token={prefix}", EVERYBODY, member=404),
    PageRow("GET /admin/tokens/token/?tenant={tenant}&token={prefix}", EVERYBODY, member=404),
    PageRow("POST /admin/tokens/token/?token={own_prefix}", EVERYBODY, form={"verb": "revoke"}, operator=200),
    PageRow(
        "POST /admin/tokens/token/?token={prefix}",
        EVERYBODY,
        form={"verb": "rotate", "grace": "0"},
        done=200,
        member=404,
    ),
    PageRow(
        "POST /admin/tokens/token/?token={prefix}",
        EVERYBODY,
        form={"verb": "revoke"},
        member=404,
        operator=200,
    ),
    PageRow("GET /admin/alerts/?tenant={tenant}&state=all", ADMINS),
    PageRow("GET /admin/alerts/", ADMINS),
    PageRow("POST /admin/alerts/", ADMINS, form={"alert": "{alert}"}),
    PageRow("GET /admin/statements/", ADMINS),
    PageRow("GET /admin/statements/?tenant={tenant}", ADMINS),
    PageRow("POST /admin/statements/?tenant={tenant}", ADMINS, form={"statements_to": "nobody"}),
    PageRow("GET /admin/statements/{statement}/", ADMINS),
    PageRow("GET /admin/statements/{statement}/pdf/", ADMINS),
    PageRow("GET /admin/statements/{statement}/csv/", ADMINS),
    PageRow("GET /admin/usage-export/", OPERATORS),
    PageRow("GET /admin/device/", EVERYBODY),
    PageRow("GET /admin/device/?code=BCDF-GHJK", EVERYBODY),
    PageRow("POST /admin/device/", EVERYBODY, done=200, form={"code": "BCDF-GHJK", "verb": "approve"}),
    PageRow("POST /admin/profile/", EVERYBODY, form={"end": "01a2271f-89aa-7ea8-a717-854cde4cabd5"}),
    PageRow("GET /admin/profile/", EVERYBODY),
    PageRow("POST /admin/profile/", EVERYBODY, form={"name": "x"}),
    PageRow("GET /admin/", EVERYBODY),
    PageRow("GET /admin/?tenant={tenant}&by=task&range=30d", EVERYBODY),
    PageRow("GET /admin/explore/", EVERYBODY),
    PageRow("GET /admin/explore/?tenant={tenant}&group=user&subgroup=token", EVERYBODY, stranger=200),
    PageRow("GET /admin/explore/?user={email}&token={prefix}&team={team_slug}", EVERYBODY, stranger=200),
    PageRow("POST /admin/explore/?tenant={tenant}", EVERYBODY, form={"name": "a view"}, stranger=302),
    PageRow("POST /admin/explore/", EVERYBODY, form={"forget": "{view}"}, stranger=302),
    PageRow("GET /admin/explore/?conversation={conversation}&group=agent", EVERYBODY, stranger=200),
    PageRow("GET /admin/explore/?tenant={tenant}&format=csv", EVERYBODY, stranger=200),
    PageRow("GET /admin/explore/savings/", EVERYBODY),
    PageRow("GET /admin/explore/savings/?tenant={tenant}", EVERYBODY, stranger=200),
    PageRow("GET /admin/plans/", OPERATORS),
    PageRow("GET /admin/plans/compare/?plan={plan}&beside={plan}", OPERATORS, operator=302),
    PageRow("GET /admin/plans/new/", OPERATORS),
    PageRow("GET /admin/plans/{plan}/copy/", OPERATORS),
    PageRow("GET /admin/plans/{plan}/", OPERATORS),
    PageRow("GET /admin/prices/", OPERATORS),
    PageRow("GET /admin/prices/import/", OPERATORS),
    PageRow("GET /admin/prices/{model}/", OPERATORS, operator=404),
    PageRow("GET /admin/vendors/", OPERATORS),
    PageRow("GET /admin/vendors/{provider}/test/", OPERATORS, operator=405),
    PageRow("GET /admin/tokens/{prefix}/narrow/", ADMINS),
    PageRow("POST /admin/tokens/{prefix}/narrow/", ADMINS, done=200, form={"allowed_networks": "nonsense"}),
    PageRow("GET /admin/tokens/{prefix}/narrow/undo/", ADMINS, done=405, stranger=405),
    PageRow("POST /admin/tokens/{prefix}/narrow/undo/", ADMINS),
    PageRow("GET /admin/budgets/", EVERYBODY),
    PageRow("GET /admin/budgets/{budget}/", EVERYBODY),
    PageRow("GET /admin/budgets/{asked_budget}/?tenant={tenant}&subject={user}", EVERYBODY),
    PageRow(
        "POST /admin/budgets/{budget}/",
        EVERYBODY,
        form={"verb": "add", "amount": "5", "lasts": "windows", "windows": "1"},
        member=404,
        admin=404,
    ),
    PageRow(
        "POST /admin/budgets/{budget}/",
        EVERYBODY,
        form={"verb": "remove", "override": "{override}"},
        member=404,
        admin=404,
    ),
    PageRow("GET /admin/quota-requests/", EVERYBODY),
    PageRow("GET /admin/quota-requests/{request}/", EVERYBODY),
    PageRow("POST /admin/quota-requests/{request}/", EVERYBODY, form={"verb": "withdraw"}, operator=404),
    PageRow(
        "POST /admin/quota-requests/{request}/",
        EVERYBODY,
        form={"verb": "deny", "answer": "No."},
        member=404,
        admin=404,
    ),
    PageRow("GET /admin/quota-requests/ask/?budget={budget}", EVERYBODY, operator=302),
    PageRow("GET /admin/quota-requests/ask/?budget={asked_budget}&subject={user}", EVERYBODY, operator=302),
    PageRow(
        "POST /admin/quota-requests/ask/?budget={budget}",
        EVERYBODY,
        form={"amount": "5", "lasts": "open", "reason": "More."},
        member=200,
    ),
    PageRow("GET /admin/budgets/?tenant={tenant}&sort=left", EVERYBODY),
    PageRow("GET /admin/search/?q={tenant}", EVERYBODY, stranger=200),
    PageRow("GET /admin/search/?q={prefix}", EVERYBODY, stranger=200),
    PageRow("GET /admin/search/?q={email}", EVERYBODY, stranger=200),
    PageRow("GET /admin/everything/", OPERATORS),
    PageRow("GET /admin/tenants/", OPERATORS),
    PageRow("GET /admin/new-tenant/", OPERATORS),
    PageRow("POST /admin/new-tenant/", OPERATORS, form={"name": "Cedar", "timezone": "UTC"}),
    PageRow(
        "POST /admin/new-tenant/",
        OPERATORS,
        done=200,
        form={"name": "Cedar", "timezone": "UTC", "plan": "PRO", "budget": "$5", "email": "new@example.com"},
    ),
    PageRow("GET /admin/tenant/", ADMINS, operator=404),
    PageRow("GET /admin/tenants/{tenant}/", ADMINS),
    PageRow("GET /admin/tenants/{tenant}/?for=user:{email}", ADMINS),
    PageRow("GET /admin/tenants/{tenant}/first-call/", ADMINS),
    PageRow("GET /admin/tenants/{tenant}/issue-token/", ADMINS),
    PageRow(
        "POST /admin/tenants/{tenant}/issue-token/", ADMINS, done=200, form={"name": "app", "plan": "PRO"}
    ),
    PageRow("GET /admin/tenants/{tenant}/tokens/{prefix}/rotate/", ADMINS),
    PageRow("POST /admin/tenants/{tenant}/tokens/{prefix}/rotate/", ADMINS, done=200, form={"grace": "24"}),
    PageRow("GET /admin/tenants/{tenant}/tokens/{prefix}/revoke/", ADMINS),
    PageRow("POST /admin/tenants/{tenant}/tokens/{prefix}/revoke/", ADMINS),
    PageRow("GET /admin/tenants/{tenant}/status/", OPERATORS),
    PageRow("POST /admin/tenants/{tenant}/status/", OPERATORS),
    PageRow("GET /admin/tenants/{tenant}/plan/", OPERATORS),
    PageRow("POST /admin/tenants/{tenant}/plan/", OPERATORS, form={"plan": "PRO"}),
    PageRow("GET /admin/tenants/{tenant}/limit/?key=max_tokens_out", OPERATORS),
    PageRow("POST /admin/tenants/{tenant}/limit/", OPERATORS, form={"key": "max_tokens_out", "value": "8k"}),
    PageRow("GET /admin/plans/", OPERATORS),
    PageRow("GET /admin/plans/compare/?plan={plan}&beside=FREE", OPERATORS, done=302),
    PageRow("GET /admin/plans/new/", OPERATORS),
    PageRow("POST /admin/plans/new/", OPERATORS, form={"code": "GOLD", "name": "Gold"}),
    PageRow("GET /admin/plans/{plan}/copy/", OPERATORS),
    PageRow("POST /admin/plans/{plan}/copy/", OPERATORS, form={"code": "PRO_2", "name": "Pro 2"}),
    PageRow("GET /admin/plans/{plan}/", OPERATORS),
    PageRow("POST /admin/plans/{plan}/", OPERATORS, done=200, form={"preview": "1"}),
    PageRow("GET /admin/prices/", OPERATORS),
    PageRow("GET /admin/prices/import/", OPERATORS),
    PageRow("POST /admin/prices/import/", OPERATORS),
    PageRow("GET /admin/prices/{unknown}/", OPERATORS, operator=404),
    PageRow("POST /admin/prices/{unknown}/", OPERATORS, operator=404, form={"input": "$1", "output": "$2"}),
    PageRow("GET /admin/vendors/", OPERATORS),
    PageRow("POST /admin/vendors/{unknown}/test/", OPERATORS, operator=404),
    PageRow("GET /admin/tokens/{prefix}/narrow/", ADMINS),
    PageRow("POST /admin/tokens/{prefix}/narrow/", ADMINS, form={"allowed_tasks": "LLM0_CHAT"}),
    PageRow("POST /admin/tokens/{prefix}/narrow/undo/", ADMINS),
    PageRow("GET /admin/simulator/", ADMINS),
    PageRow("POST /admin/simulator/", ADMINS, done=200, form={"since": "2026-01-01", "until": "2026-01-02"}),
    PageRow("GET /admin/my-plan/", EVERYBODY),
    PageRow("GET /admin/my-plan/?tenant={tenant}", EVERYBODY),
    PageRow("GET /admin/limits/", ADMINS),
    PageRow("GET /admin/limits/?tenant={tenant}", ADMINS),
    PageRow("POST /admin/limits/", ADMINS, form={"noun": "rule", "limit": "{own_rule}"}, operator=200),
    PageRow("POST /admin/limits/?tenant={tenant}", ADMINS, form={"noun": "budget", "limit": "{own_budget}"}),
    PageRow("GET /admin/limits/budget/", ADMINS),
    PageRow("GET /admin/limits/budget/?of={own_budget}", ADMINS),
    PageRow("POST /admin/limits/budget/", ADMINS, form=OWN_BUDGET, operator=200),
    PageRow("GET /admin/limits/rule/", ADMINS),
    PageRow("GET /admin/limits/rule/?of={own_rule}", ADMINS),
    PageRow("GET /admin/limits/rule/?of={rule}", ADMINS),
    PageRow("POST /admin/limits/rule/", ADMINS, form=OWN_RULE, operator=200),
    PageRow("GET /admin/channels/", ADMINS),
    PageRow("GET /admin/channels/?tenant={tenant}", ADMINS),
    PageRow("POST /admin/channels/", ADMINS, form={"verb": "off", "channel": "{channel}"}, operator=404),
    PageRow("POST /admin/channels/?tenant={tenant}", ADMINS, form={"verb": "test", "channel": "{channel}"}),
    PageRow("GET /admin/channels/new/?kind=slack", ADMINS),
    PageRow("POST /admin/channels/new/?kind=webhook", ADMINS, form=CHANNEL, done=200),
    PageRow("POST /admin/channels/new/?kind=teams&tenant={tenant}", ADMINS, form=CHANNEL),
    PageRow("GET /admin/channels/{channel}/", ADMINS),
    PageRow("GET /admin/channels/{channel}/?state=failed", ADMINS),
    PageRow("POST /admin/channels/{channel}/", ADMINS, form={"verb": "replay"}),
    PageRow("POST /admin/channels/{channel}/", ADMINS, form={"verb": "rotate", "overlap_h": "24"}, done=200),
    PageRow("GET /admin/vendor-keys/", ADMINS),
    PageRow("POST /admin/vendor-keys/", ADMINS, form=OWN_KEY, operator=200),
    PageRow("POST /admin/vendor-keys/", ADMINS, form={"verb": "off", "key_id": "{key}"}, operator=200),
    PageRow("GET /admin/audit/", ADMINS),
    PageRow("GET /admin/audit/?tenant={tenant}&noun=token", ADMINS),
    PageRow("GET /admin/audit/csv/", ADMINS),
]

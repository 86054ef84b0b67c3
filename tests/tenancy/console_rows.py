"""Every page of the console that people work in, and whom it answers.

A page of `admin_console/pages.py` without a line here fails `test_console_pages.py`. To add one, add one line:

    PageRow("GET /admin/teams/{team}/", ADMINS),

- The audience says who is answered: 200, or for a POST 302 (`done=` where it is something else). Everybody else in the
  console is sent to the login page, as are people of a tenant that is suspended.
- `{team}`, `{user}`, `{email}`, `{token}`, `{tenant}` and so on become Alder's own, `{birch_team}` and so on Birch's:
  `TenantData.names` in `world.py`. Add there what your nouns need, also to `marks`, `more_of` and `image_of`.
- Birch's people get 404 where the line names something of Alder's; say `stranger=` where it is something else.
- `member=` is for what Alder's member may not do on a page that members have, `operator=` for where super admins must
  choose a tenant first.
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
        operator: int | None = None,
        stranger: int | None = None,
        form: dict[str, Any] | None = None,
    ) -> None:
        answered = done or (200 if route.startswith("GET ") else 302)
        super().__init__(
            route,
            member=(member or answered) if audience is EVERYBODY else LOGIN,
            admin=LOGIN if audience is OPERATORS else answered,
            operator=operator or answered,
            stranger=stranger,
            body=form,
        )
        self.audience = audience


OWN_BUDGET = {"whom": "tag", "tag": "project=apollo", "amount": "$5", "dimension": "cost", "window": "day"}
OWN_BUDGET["once_reached"] = "hard"
OWN_RULE = {"whom": "tag", "tag": "project=apollo", "key": "max_tokens_out", "value": "2k", "mode": "enforce"}
OWN_KEY = {"provider": "acme", "label": "console", "key": "sk-0123456789-wxyz"}

PAGES = [
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
    PageRow("GET /admin/vendor-keys/", ADMINS),
    PageRow("POST /admin/vendor-keys/", ADMINS, form=OWN_KEY, operator=200),
    PageRow("POST /admin/vendor-keys/", ADMINS, form={"verb": "off", "key_id": "{key}"}, operator=200),
    PageRow("GET /admin/audit/", ADMINS),
    PageRow("GET /admin/audit/?tenant={tenant}&noun=token", ADMINS),
    PageRow("GET /admin/audit/csv/", ADMINS),
]

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


PAGES = [
    PageRow("GET /admin/activity/", EVERYBODY),
    PageRow("GET /admin/activity/?tenant={tenant}&range=7d", EVERYBODY, stranger=200),
    PageRow("GET /admin/activity/?user={email}", EVERYBODY, stranger=200),
    PageRow("GET /admin/activity/?q={call}", EVERYBODY, done=302, stranger=200),
    PageRow("GET /admin/activity/?q={admin_email}", EVERYBODY, done=302, member=200, stranger=200),
    PageRow("GET /admin/activity/export/?tenant={tenant}", EVERYBODY, stranger=200),
    PageRow("GET /admin/activity/{call}/", EVERYBODY),
    PageRow("GET /admin/activity/{decision}/", EVERYBODY, member=404),
    PageRow("GET /admin/simulator/", ADMINS),
    PageRow("POST /admin/simulator/", ADMINS, done=200, form={"since": "2026-01-01", "until": "2026-01-02"}),
]

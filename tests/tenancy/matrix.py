"""Every route of the API and of the wire protocols, and what each kind of caller may expect of it.

To add a route, add one line to API or WIRE. A route without a line fails `test_routes_have_rows.py`.

    Row("GET /api/teams/{team}", member=200, admin=200, operator=200),

- `{team}`, `{token}`, `{user}`, `{admin}`, `{tenant}`, `{rule}` and so on in the path, query, body or headers become
  Alder's own, `{birch_team}` and so on Birch's: `TenantData.names` in `world.py`. Add there what your nouns
  need, also to `marks`, `more_of` and `image.py`.
- `member`, `admin`, `operator`: the status for Alder's member, Alder's admin and a super admin.
- Birch's people get the same status as Alder's where the line names no object of Alder's; where it does, 404, or the
  403 that Alder's own member would get. Say `stranger=` where it is something else.
- Nobody gets 401, or the `public` status.
- `threads=True` for a view that reaches the database from other threads (async views, `run_sync`).

Besides the status, `test_matrix.py` sees to it that strangers read none of Alder's names, get the same answer for a
row of Alder's as for one that never was, can't tell how much there is of Alder's, and change nothing of it.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any


class Row:
    """One line of the matrix."""

    def __init__(
        self,
        route: str,
        *,
        member: int,
        admin: int,
        operator: int,
        public: int | None = None,
        stranger: int | None = None,
        body: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        threads: bool = False,
    ) -> None:
        self.method, self.path = route.split(" ")
        self.member, self.admin, self.operator = member, admin, operator
        self.public, self.stranger = public, stranger
        self.body, self.headers, self.threads = body, headers or {}, threads

    def __repr__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def names_an_object(self) -> bool:
        """Whether the path, the query or the body names something of Alder's."""
        return bool(re.search(r"\{(?!birch_|plan\}|model\}|provider\})\w+\}", self._text))

    def names(self, placeholder: str) -> bool:
        """Whether the placeholder is somewhere in the path, the query or the body."""
        return f"{{{placeholder}}}" in self._text

    @property
    def _text(self) -> str:
        return f"{self.path} {list((self.body or {}).values())} {list(self.headers.values())}"

    def status_for(self, actor: str) -> int:
        """What the actor is to be answered."""
        own = {"alder_member": self.member, "alder_admin": self.admin, "operator": self.operator}
        if actor in own:
            return own[actor]
        if actor == "nobody":
            return self.public or 401
        role = self.member if actor == "birch_member" else self.admin
        is_hidden = actor == "birch_admin" and self.stranger is not None
        if not self.names_an_object or (role in {401, 403} and not is_hidden):
            return role
        return self.stranger or 404


CALL = {"task": "LLM0_CHAT"}
PERIOD = {"since": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}
RULE = {"tenant": "{tenant}", "key": "max_tokens_out", "value": 9}
BUDGET = {"tenant": "{tenant}", "dimension": "files", "window": "day", "amount": "9"}
HOOK = {"kind": "webhook", "name": "another", "url": "https://hooks.invalid/events"}
KEY = {"provider": "acme", "key": "sk-0123456789-wxyz", "label": "new"}
OF_USER = {"user": "{user}"}
_today = datetime.now(UTC).date()
LATELY = f"since={_today - timedelta(days=2)}T00:00:00Z&until={_today + timedelta(days=2)}T00:00:00Z"
"""A time that does not move between two requests."""

API = [
    Row("POST /api/auth/signup", public=400, member=400, admin=400, operator=400, body={}),
    Row("POST /api/auth/token", public=400, member=400, admin=400, operator=400, body={}),
    Row("POST /api/auth/token/refresh", public=400, member=400, admin=400, operator=400, body={}),
    Row("POST /api/auth/logout", member=204, admin=204, operator=204),
    Row("POST /api/auth/password", body={}, member=400, admin=400, operator=400),
    Row("POST /api/auth/password/forgotten", public=400, member=400, admin=400, operator=400, body={}),
    Row("POST /api/auth/password/reset", public=400, member=400, admin=400, operator=400, body={}),
    Row("POST /api/auth/invitation", public=400, member=400, admin=400, operator=400, body={}),
    Row("POST /api/auth/device", public=400, member=400, admin=400, operator=400, body={}),
    Row("POST /api/auth/device/token", public=400, member=400, admin=400, operator=400, body={}),
    Row("GET /api/auth/me", member=200, admin=200, operator=200),
    Row("GET /api/tokens", member=403, admin=200, operator=200),
    Row("GET /api/tokens?tenant={tenant}", member=403, admin=200, operator=200),
    Row("POST /api/tokens", body={"name": "new"}, member=403, admin=201, operator=400),
    Row("POST /api/tokens", body={"tenant": "{tenant}", "plan": "PRO"}, member=403, admin=201, operator=201),
    Row("POST /api/tokens", body={"team": "{team}"}, member=403, admin=201, operator=400),
    Row("POST /api/tokens", body={"user": "{user}"}, member=403, admin=201, operator=400),
    Row("GET /api/tokens/{token}", member=403, admin=200, operator=200),
    Row("PATCH /api/tokens/{token}", body={"name": "x"}, member=403, admin=200, operator=200),
    Row("PATCH /api/tokens/{birch_token}", body={"team": "{team}"}, member=403, admin=404, operator=404),
    Row("PATCH /api/tokens/{birch_token}", body={"user": "{user}"}, member=403, admin=404, operator=404),
    Row("POST /api/tokens/{token}/rotate", body={"grace_s": 60}, member=403, admin=200, operator=200),
    Row("POST /api/tokens/{token}/revoke", member=403, admin=200, operator=200),
    Row("GET /api/teams", member=200, admin=200, operator=200),
    Row("POST /api/teams", body={"slug": "new", "name": "New"}, member=403, admin=201, operator=400),
    Row(
        "POST /api/teams",
        body={"tenant": "{tenant}", "slug": "new", "name": "New"},
        member=403,
        admin=201,
        operator=201,
    ),
    Row("GET /api/teams/{team}", member=200, admin=200, operator=200),
    Row("PATCH /api/teams/{team}", body={"name": "x"}, member=403, admin=200, operator=200),
    Row("GET /api/teams/{team}/members", member=403, admin=200, operator=200),
    Row("POST /api/teams/{team}/members", body={"user": "{admin}"}, member=403, admin=204, operator=204),
    Row("POST /api/teams/{birch_team}/members", body={"user": "{user}"}, member=403, admin=404, operator=404),
    Row("DELETE /api/teams/{team}/members/{user}", member=403, admin=204, operator=204),
    Row("DELETE /api/teams/{birch_team}/members/{user}", member=403, admin=404, operator=404),
    Row("GET /api/users", member=403, admin=200, operator=200),
    Row("POST /api/users", body={"email": "new@example.com"}, member=403, admin=201, operator=400),
    Row(
        "POST /api/users",
        body={"tenant": "{tenant}", "email": "new@example.com"},
        member=403,
        admin=201,
        operator=201,
    ),
    Row(
        "POST /api/users",
        body={"token": "{token}", "email": "new@example.com"},
        member=403,
        admin=201,
        operator=400,
    ),
    Row("GET /api/users/{user}", member=403, admin=200, operator=200),
    Row("PATCH /api/users/{user}", body={"name": "x"}, member=403, admin=200, operator=200),
    Row("PATCH /api/users/{birch_user}", body={"token": "{token}"}, member=403, admin=404, operator=404),
    Row("GET /api/invitations", member=403, admin=200, operator=200),
    Row("POST /api/invitations", body={"email": "new@example.com"}, member=403, admin=201, operator=400),
    Row(
        "POST /api/invitations",
        body={"tenant": "{tenant}", "email": "new@example.com"},
        member=403,
        admin=201,
        operator=201,
    ),
    Row(
        "POST /api/invitations",
        body={"token": "{token}", "team": "{team}", "email": "new@example.com"},
        member=403,
        admin=201,
        operator=400,
    ),
    Row("GET /api/invitations/{invitation}", member=403, admin=200, operator=200),
    Row("POST /api/invitations/{invitation}/resend", member=403, admin=200, operator=200),
    Row("POST /api/invitations/{invitation}/withdraw", member=403, admin=200, operator=200),
    Row("GET /api/tenants", member=403, admin=403, operator=200),
    Row("POST /api/tenants", body={"slug": "oak", "name": "Oak"}, member=403, admin=403, operator=201),
    Row("GET /api/tenants/{tenant}", member=403, admin=403, operator=200),
    Row("PATCH /api/tenants/{tenant}", body={"name": "x"}, member=403, admin=403, operator=200),
    Row("PUT /api/tenants/{tenant}/plan", body={"plan": "PRO"}, member=403, admin=403, operator=200),
    Row("POST /api/prior-art", body={"query": ""}, member=400, admin=400, operator=400),
    Row("POST /api/drafting", body={"disclosure": ""}, member=400, admin=400, operator=400),
    Row("GET /api/drafting/{draft}", member=200, admin=404, operator=403),
    Row("DELETE /api/drafting/{draft}", member=204, admin=404, operator=403),
    Row("GET /api/drafting/{draft}/docx", member=200, admin=404, operator=403),
    Row("POST /api/claims/check", body={}, member=400, admin=400, operator=400),
    Row("POST /api/diagrams", body={"description": ""}, member=400, admin=400, operator=400),
    Row("POST /api/diagrams/render", body={}, member=400, admin=400, operator=400),
    Row("GET /api/jobs", member=200, admin=200, operator=403),
    Row("POST /api/jobs", body={"task": "none"}, member=400, admin=400, operator=400),
    Row("GET /api/jobs/{job}", member=200, admin=404, operator=403),
    Row("DELETE /api/jobs/{job}", member=204, admin=404, operator=403),
    Row("GET /api/jobs/{job}/result", member=200, admin=404, operator=403),
    Row("GET /api/jobs/{job}/events", member=200, admin=404, operator=403, threads=True),
    Row("POST /api/jobs/{job}/cancel", member=200, admin=404, operator=403),
    Row("GET /api/policy/effective", member=200, admin=200, operator=400),
    Row("GET /api/policy/effective?tenant={tenant}", member=200, admin=200, operator=200),
    Row("GET /api/policy/effective?user={user}", member=403, admin=200, operator=400),
    Row("GET /api/policy/effective?token={token}", member=403, admin=200, operator=400),
    Row("GET /api/policy/effective?team={team}", member=403, admin=200, operator=400),
    Row("GET /api/policy/explain?task=LLM0_CHAT", member=200, admin=200, operator=400),
    Row("GET /api/policy/explain?task=LLM0_CHAT&tenant={tenant}", member=200, admin=200, operator=200),
    Row("GET /api/policy/explain?task=LLM0_CHAT&user={user}", member=403, admin=200, operator=400),
    Row("GET /api/policy/explain?task=LLM0_CHAT&token={token}", member=403, admin=200, operator=400),
    Row("GET /api/policy/explain?task=LLM0_CHAT&team={team}", member=403, admin=200, operator=400),
    Row("POST /api/policy/blast-radius", body={}, member=403, admin=400, operator=400),
    Row("POST /api/policy/blast-radius", body={"rule": RULE}, member=403, admin=200, operator=200),
    Row("POST /api/policy/blast-radius", body={"budget": BUDGET}, member=403, admin=200, operator=200),
    Row(
        "POST /api/policy/blast-radius",
        body={"switch_off": {"budget": "{budget}"}},
        member=403,
        admin=200,
        operator=200,
    ),
    Row(
        "POST /api/policy/blast-radius",
        body={"switch_off": {"rule": "{rule}"}},
        member=403,
        admin=200,
        operator=200,
    ),
    Row(
        "POST /api/policy/blast-radius",
        body={"plan": {"tenant": "{tenant}", "plan": "PRO"}},
        member=403,
        admin=200,
        operator=200,
    ),
    Row(
        "POST /api/policy/blast-radius",
        body={"suspend": {"tenant": "{tenant}"}},
        member=403,
        admin=200,
        operator=200,
    ),
    Row("POST /api/policy/simulate", body={"request": CALL}, member=403, admin=200, operator=400),
    Row(
        "POST /api/policy/simulate",
        body={"request": CALL, "tenant": "{tenant}", "user": "{user}"},
        member=403,
        admin=200,
        operator=200,
    ),
    Row("POST /api/policy/simulate", body={"period": PERIOD}, member=403, admin=200, operator=200),
    Row(
        "POST /api/policy/simulate",
        body={"period": PERIOD, "tenant": "{tenant}"},
        member=403,
        admin=200,
        operator=200,
    ),
    Row("GET /api/policy/decisions", member=403, admin=200, operator=200),
    Row("GET /api/policy/decisions?tenant={tenant}", member=403, admin=200, operator=200),
    Row("GET /api/policy/decisions/report", member=403, admin=200, operator=200),
    Row("GET /api/policy/decisions/report?tenant={tenant}", member=403, admin=200, operator=200),
    Row("GET /api/plan", member=200, admin=200, operator=400),
    Row("GET /api/plan?tenant={tenant}", member=200, admin=200, operator=200),
    Row("GET /api/plan?plan=PRO", member=200, admin=200, operator=400),
    Row("GET /api/plans", member=403, admin=403, operator=200),
    Row("GET /api/plans/{plan}", member=403, admin=403, operator=200),
    Row("GET /api/catalog", member=403, admin=403, operator=200),
    Row("GET /api/catalog/features", member=403, admin=403, operator=200),
    Row("GET /api/catalog/tasks", member=403, admin=403, operator=200),
    Row("GET /api/catalog/classes", member=403, admin=403, operator=200),
    Row("GET /api/catalog/providers", member=403, admin=403, operator=200),
    Row("GET /api/catalog/models", member=403, admin=403, operator=200),
    Row("GET /api/catalog/prices", member=403, admin=403, operator=200),
    *(
        row
        for base in ("/api/catalog/rules", "/api/rules")
        for row in (
            Row(f"GET {base}", member=403, admin=200, operator=200),
            Row(f"GET {base}?tenant={{tenant}}", member=403, admin=200, operator=200),
            Row(f"GET {base}/{{rule}}", member=403, admin=200, operator=200),
            Row(f"DELETE {base}/{{rule}}", member=403, admin=403, operator=200, stranger=404),
            Row(f"DELETE {base}/{{own_rule}}", member=403, admin=200, operator=200),
            Row(f"POST {base}", body=RULE, member=403, admin=403, operator=201, stranger=404),
            Row(f"POST {base}", body={**RULE, **OF_USER}, member=403, admin=201, operator=201),
            Row(f"POST {base}", body={**RULE, "team": "{team}"}, member=403, admin=201, operator=201),
        )
    ),
    Row("GET /api/catalog/budgets", member=403, admin=200, operator=200),
    *(
        row
        for base in ("/api/catalog/budgets", "/api/budgets")
        for row in (
            Row(f"GET {base}/{{budget}}", member=403, admin=200, operator=200),
            Row(f"DELETE {base}/{{budget}}", member=403, admin=403, operator=200, stranger=404),
            Row(f"DELETE {base}/{{own_budget}}", member=403, admin=200, operator=200),
            Row(f"POST {base}", body=BUDGET, member=403, admin=403, operator=201, stranger=404),
            Row(f"POST {base}", body={**BUDGET, **OF_USER}, member=403, admin=201, operator=201),
            Row(f"POST {base}", body={**BUDGET, "token": "{token}"}, member=403, admin=201, operator=201),
        )
    ),
    Row("PUT /api/plans/{plan}", body={"name": "New"}, member=403, admin=403, operator=200),
    Row("PUT /api/catalog", body={"plans": {}}, member=403, admin=403, operator=200),
    Row(f"GET /api/usage?{LATELY}", member=200, admin=200, operator=200),
    Row(f"GET /api/activity?{LATELY}", member=200, admin=200, operator=200),
    Row(f"GET /api/activity?tenant={{tenant}}&{LATELY}", member=200, admin=200, operator=200),
    Row(f"GET /api/activity?user={{user}}&{LATELY}", member=200, admin=200, operator=200, stranger=200),
    Row(f"GET /api/activity?q={{call}}&{LATELY}", member=200, admin=200, operator=200, stranger=200),
    Row(f"GET /api/activity?q={{decision}}&{LATELY}", member=200, admin=200, operator=200, stranger=200),
    Row(f"GET /api/activity/histogram?{LATELY}", member=200, admin=200, operator=200),
    Row("GET /api/activity/{call}", member=200, admin=200, operator=200),
    Row("GET /api/activity/{call}/content", member=403, admin=200, operator=200),
    Row("GET /api/activity/{decision}", member=404, admin=200, operator=200),
    Row(f"GET /api/usage?by=conversation&prices=now&{LATELY}", member=200, admin=200, operator=200),
    Row(f"GET /api/usage?by=tenant&{LATELY}", member=403, admin=403, operator=200),
    Row(f"GET /api/usage?by=agent&tenant={{tenant}}&{LATELY}", member=200, admin=200, operator=200),
    Row(f"GET /api/usage?by=tag&tenant={{tenant}}&{LATELY}", member=200, admin=200, operator=200),
    Row(
        f"GET /api/usage?by=task&tag=project%3D{{project}}&{LATELY}",
        member=200,
        admin=200,
        operator=200,
        stranger=200,
    ),
    Row(f"GET /api/usage?by=feature&class=BASE_S&{LATELY}", member=200, admin=200, operator=200),
    Row(f"GET /api/usage?by=user&user={{user}}&{LATELY}", member=200, admin=200, operator=200, stranger=200),
    Row(f"GET /api/usage?by=team&team={{team}}&{LATELY}", member=200, admin=200, operator=200, stranger=200),
    Row(f"GET /api/usage/top?{LATELY}", member=403, admin=200, operator=200),
    Row(f"GET /api/usage/top?by=conversation&{LATELY}", member=403, admin=200, operator=200),
    Row(f"GET /api/usage/top?by=tag&{LATELY}", member=403, admin=200, operator=200),
    Row(f"GET /api/usage/top?tenant={{tenant}}&{LATELY}", member=403, admin=200, operator=200),
    Row(f"GET /api/usage/explore?{LATELY}", member=200, admin=200, operator=200),
    Row(
        f"GET /api/usage/explore?group=agent&subgroup=tag&bucket=month&{LATELY}",
        member=200,
        admin=200,
        operator=200,
    ),
    Row(
        f"GET /api/usage/explore?group=user&user={{user}}&{LATELY}",
        member=200,
        admin=200,
        operator=200,
        stranger=200,
    ),
    Row(f"GET /api/usage/explore?group=tenant&{LATELY}", member=403, admin=403, operator=200),
    Row(f"GET /api/usage/explore?tenant={{tenant}}&{LATELY}", member=200, admin=200, operator=200),
    Row(f"GET /api/usage/export?by=agent&{LATELY}", member=200, admin=200, operator=200, threads=True),
    Row(f"GET /api/usage/export?by=attempt&{LATELY}", member=200, admin=200, operator=200, threads=True),
    Row(
        f"GET /api/usage/export?tenant={{tenant}}&{LATELY}",
        member=200,
        admin=200,
        operator=200,
        threads=True,
    ),
    Row("GET /api/overview", member=200, admin=200, operator=200),
    Row("GET /api/overview?by=task&range=30d&tenant={tenant}", member=200, admin=200, operator=200),
    Row("GET /api/reservations?state=held", member=200, admin=200, operator=200),
    Row("GET /api/reservations?state=held&tenant={tenant}", member=200, admin=200, operator=200),
    Row("GET /api/overrides", member=403, admin=200, operator=200),
    Row("GET /api/overrides?budget={budget}", member=403, admin=200, operator=200, stranger=200),
    Row(
        "POST /api/overrides",
        body={"budget": "{budget}", "amount": "1"},
        member=403,
        admin=403,
        operator=201,
    ),
    Row("GET /api/overrides/{override}", member=403, admin=200, operator=200),
    Row("DELETE /api/overrides/{override}", member=403, admin=403, operator=200),
    Row("GET /api/top-ups", member=403, admin=200, operator=200),
    Row(
        "POST /api/top-ups",
        body={"budget": "{budget}", "amount": "1", "reference": "INV-1"},
        member=403,
        admin=403,
        operator=400,
    ),
    Row("GET /api/quota-requests", member=200, admin=200, operator=200),
    Row("GET /api/quota-requests?state=open", member=200, admin=200, operator=200),
    Row(
        "POST /api/quota-requests",
        body={"budget": "{asked_budget}", "amount": "1", "reason": "More."},
        member=409,
        admin=409,
        operator=403,
    ),
    Row(
        "POST /api/quota-requests",
        body={"budget": "{asked_budget}", "subject": "{birch_user}", "amount": "1", "reason": "More."},
        member=404,
        admin=404,
        operator=403,
    ),
    Row("GET /api/quota-requests/{request}", member=200, admin=200, operator=200),
    Row("GET /api/quota-requests/{request}/blast-radius", member=403, admin=403, operator=200),
    Row("POST /api/quota-requests/{request}/approve", body={}, member=403, admin=403, operator=200),
    Row(
        "POST /api/quota-requests/{request}/deny",
        body={"answer": "No."},
        member=403,
        admin=403,
        operator=200,
    ),
    Row("POST /api/quota-requests/{request}/withdraw", member=200, admin=200, operator=403),
    Row("GET /api/budgets", member=200, admin=200, operator=200),
    Row("GET /api/budgets?tenant={tenant}", member=200, admin=200, operator=200),
    Row("GET /api/alerts", member=403, admin=200, operator=200),
    Row("GET /api/alerts/{alert}", member=403, admin=200, operator=200),
    Row("POST /api/alerts/{alert}/acknowledge", member=403, admin=200, operator=200),
    Row("GET /api/notifications", member=200, admin=200, operator=200),
    Row("GET /api/notifications/unread", member=200, admin=200, operator=200),
    Row("POST /api/notifications/{notification}/read", member=200, admin=404, operator=404),
    Row("POST /api/notifications/read", member=200, admin=200, operator=200),
    Row("GET /api/statements", member=403, admin=200, operator=200),
    Row("GET /api/statements?tenant={tenant}", member=403, admin=200, operator=200),
    Row("GET /api/statements/{statement}", member=403, admin=200, operator=200),
    Row("GET /api/statements/{statement}/pdf", member=403, admin=200, operator=200),
    Row("GET /api/statements/{statement}/csv", member=403, admin=200, operator=200),
    Row("GET /api/statements/{statement}/html", member=403, admin=200, operator=200),
    Row("GET /api/provider-keys", member=403, admin=200, operator=200),
    Row("GET /api/provider-keys?tenant={tenant}", member=403, admin=200, operator=200),
    Row("POST /api/provider-keys", body=KEY, member=403, admin=201, operator=201),
    Row(
        "POST /api/provider-keys",
        body={**KEY, "tenant": "{tenant}"},
        member=403,
        admin=201,
        operator=201,
    ),
    Row("GET /api/provider-keys/{key}", member=403, admin=200, operator=200),
    Row("PATCH /api/provider-keys/{key}", body={"is_active": False}, member=403, admin=200, operator=200),
    Row("DELETE /api/provider-keys/{key}", member=403, admin=204, operator=204),
    Row("POST /api/provider-keys/{key}/test", member=403, admin=200, operator=200),
    Row("GET /api/webhooks", member=403, admin=200, operator=200),
    Row("GET /api/webhooks?tenant={tenant}", member=403, admin=200, operator=200),
    Row("POST /api/webhooks", body=HOOK, member=403, admin=201, operator=201),
    Row("POST /api/webhooks", body={**HOOK, "tenant": "{tenant}"}, member=403, admin=201, operator=201),
    Row("GET /api/webhooks/{channel}", member=403, admin=200, operator=200),
    Row("PATCH /api/webhooks/{channel}", body={"is_active": False}, member=403, admin=200, operator=200),
    Row("DELETE /api/webhooks/{channel}", member=403, admin=204, operator=204),
    Row("POST /api/webhooks/{channel}/test", member=403, admin=200, operator=200),
    Row("POST /api/webhooks/{channel}/rotate", member=403, admin=200, operator=200),
    Row("POST /api/webhooks/{channel}/replay", member=403, admin=200, operator=200),
    Row("GET /api/webhooks/{channel}/deliveries", member=403, admin=200, operator=200),
    Row(
        "POST /api/webhooks/{channel}/deliveries/{delivery}/replay",
        member=403,
        admin=200,
        operator=200,
    ),
    Row("GET /api/audit", member=403, admin=200, operator=200),
    Row("GET /api/audit?tenant={tenant}&noun=token&limit=5", member=403, admin=200, operator=200),
    Row("GET /api/audit/export", member=403, admin=200, operator=200, threads=True),
    Row("GET /api/audit/export?tenant={tenant}", member=403, admin=200, operator=200, threads=True),
    Row("GET /api/schema", public=200, member=200, admin=200, operator=200),
    Row("GET /api/docs", public=200, member=200, admin=200, operator=200),
]
"""Routes of Django REST Framework."""

CHAT = {"model": "sandbox-small", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 5}
TOLD = {"model": "sandbox-small", "messages": [{"role": "user", "content": "hello"}]}
ASKED = {"model": "sandbox-small", "input": "hello"}
TEAM = {"x-team-id": "{team}"}
TAGS = {"x-gateway-tags": "project={project}"}
WIRE = [
    Row("POST /v1/chat/completions", body=CHAT, member=200, admin=200, operator=403),
    Row("POST /v1/chat/completions", body=CHAT, headers=TEAM, member=200, admin=200, operator=403),
    Row(
        "POST /v1/chat/completions",
        body=CHAT,
        headers=TAGS,
        member=200,
        admin=200,
        operator=403,
        stranger=200,
    ),
    Row("POST /v1/messages", body=CHAT, member=200, admin=200, operator=403),
    Row("POST /v1/messages/count_tokens", body=CHAT, member=200, admin=200, operator=403),
    Row("POST /v1/responses", body=ASKED, member=200, admin=200, operator=403),
    Row("POST /v1/embeddings", body=ASKED, member=200, admin=200, operator=403),
    Row("POST /v1/completions", body=ASKED, public=404, member=404, admin=404, operator=404),
    Row("POST /llm/chat", body=TOLD, member=200, admin=200, operator=403),
    Row("POST /llm/stream", body=TOLD, member=200, admin=200, operator=403),
    Row("GET /llm/models", member=200, admin=200, operator=403),
    Row("GET /llm/budget", member=200, admin=200, operator=403),
    Row("GET /llm/usage", member=200, admin=200, operator=403),
    Row("POST /internal/llm/proxy", body=TOLD, public=404, member=404, admin=404, operator=404),
    Row("GET /internal/llm/models", public=404, member=404, admin=404, operator=404),
    Row("GET /internal/llm/usage", public=404, member=404, admin=404, operator=404),
    Row("GET /v1/models", member=200, admin=200, operator=403),
    Row("GET /v1/models/sandbox-small", member=200, admin=200, operator=403),
    Row("GET /v1/models/", public=404, member=404, admin=404, operator=404),
    Row("GET /v1/nothing", public=404, member=404, admin=404, operator=404),
    Row("GET /", public=302, member=302, admin=302, operator=302),
    Row("GET /health", public=200, member=200, admin=200, operator=200),
    Row("GET /health/live", public=200, member=200, admin=200, operator=200),
    Row("GET /health/ready", public=200, member=200, admin=200, operator=200),
    Row("GET /metrics", public=404, member=404, admin=404, operator=404),
]
"""Routes of the wire protocols, asked over HTTP by `test_wire.py`."""

ROWS = [*API]

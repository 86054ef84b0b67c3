"""`/api/*` for whoever is signed in: what the command line, and scripts, ask. Public: `GatewayApi`.

Answers are what the API says, by its own field names (`/api/docs` documents them); money is text with decimals. Sync
only: these are questions about the account, not calls of models; on an event loop, `await asyncio.to_thread(api.me)`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypedDict
from urllib.parse import parse_qsl, urlsplit

import httpx2

from gateway_client.calls import first_answer
from gateway_client.drivers import SyncDriver, http_options
from gateway_client.errors import GatewayError
from gateway_client.header_texts import team_headers
from gateway_client.retries import RetryPolicy
from gateway_client.session import TokenSource
from gateway_client.steps import Send
from gateway_client.strange_answers import understood

QUESTIONS = RetryPolicy(patience_s=10.0)
CHANGES = RetryPolicy(retries=0, patience_s=10.0)
"""What may have had an effect is not sent again."""
MAX_PAGES = 1_000


class Me(TypedDict):
    """`GET /api/auth/me`."""

    role: str
    user_id: str | None
    email: str | None
    name: str | None
    tenant: str | None
    tenant_id: str | None
    ati_id: str | None
    plan: str | None
    team_id: str | None
    teams: list[str]


class GatewayApi:
    """The API of one gateway. Every method raises GatewayError and its kinds."""

    def __init__(
        self,
        base_url: str,
        source: TokenSource,
        *,
        team: str | None = None,
        timeout_s: float | None = None,
    ) -> None:
        """`source`: a Session, or a FixedToken; `team`: sent as `X-Team-ID`; `timeout_s`: how long an answer may take
        to come, ten minutes by default.
        """
        self._http = httpx2.Client(**http_options(base_url, source, timeout_s=timeout_s))
        self._driver = SyncDriver(self._http, _no_sdk)
        self._headers = team_headers(team)

    def __enter__(self) -> "GatewayApi":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def me(self) -> Me:
        """Whom the credential stands for."""
        found: Me = self.get("/api/auth/me")
        with understood():  # commands begin with this question: another service is told apart by it
            _ = [found[name] for name in ("role", "email", "tenant", "teams")]
        return found

    def plan(self) -> dict[str, Any]:
        """The own plan, and every limit in force."""
        found: dict[str, Any] = self.get("/api/plan")
        return found

    def budgets(self) -> Iterator[dict[str, Any]]:
        """Every budget that applies, and what is left of it."""
        return self.pages("/api/budgets")

    def usage(self, **asked: Any) -> Iterator[dict[str, Any]]:
        """What was used: `by`, `since`, `until`, filters and so on, as `GET /api/usage` takes them."""
        return self.pages("/api/usage", asked)

    def team_usage(self, *, days: int = 7, by: str = "day") -> dict[str, Any]:
        """`GET /llm/usage`: the last days in the tenant's zone, by day, model, user, task or conversation."""
        found: dict[str, Any] = self.get("/llm/usage", {"days": days, "by": by})
        return found

    def pages(self, path: str, params: Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        """The items of all pages of a list."""
        found = self.get(path, params)
        for _ in range(MAX_PAGES):
            with understood():
                rows, further = list(found["results"]), found.get("next")
            yield from rows
            if not further:
                return
            # Only its query: the credential goes nowhere else, whatever host an answer names.
            found = self.get(path, dict(parse_qsl(urlsplit(further).query)))
        raise GatewayError(f"{path} has more than {MAX_PAGES} pages; ask for less.")

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The answer's JSON, or its bytes where it is none."""
        return self._ask(Send(method="GET", path=path, params=params or {}, headers=self._headers), QUESTIONS)

    def get_at_once(self, path: str, *, timeout_s: float) -> Any:
        """The same for somebody who asks again soon: nothing is waited for, and nothing tried again."""
        step = Send(method="GET", path=path, headers=self._headers, timeout_s=timeout_s)
        return self._ask(step, RetryPolicy(retries=0, patience_s=0.0))

    def post(self, path: str, body: Any = None, *, timeout_s: float | None = None) -> Any:
        """The answer's JSON, or its bytes where it is none. What may have had an effect is not posted again."""
        return self._ask(
            Send(method="POST", path=path, body=body, headers=self._headers, timeout_s=timeout_s), CHANGES
        )

    def events(
        self, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None
    ) -> Iterator[httpx2.ServerSentEvent]:
        """The server-sent events that a path answers with: posted to with a body, else asked (of a job, say)."""
        step = Send(
            method="GET" if body is None else "POST",
            path=path,
            body=body,
            headers={"accept": "text/event-stream", **self._headers, **(headers or {})},
            stream=True,
        )
        return self._driver.stream(
            first_answer(
                lambda _: step, models=[""], policy=QUESTIONS if body is None else CHANGES, check=_no_check
            ),
            _AsTheyAre(),
        )

    def _ask(self, step: Send, policy: RetryPolicy) -> Any:
        return self._driver.run(first_answer(lambda _: step, models=[""], policy=policy)).reply.body


class _AsTheyAre:
    """Implements Reader."""

    def read(self, event: httpx2.ServerSentEvent) -> Iterator[httpx2.ServerSentEvent]:
        yield event

    def end(self, headers: Mapping[str, str]) -> Iterator[httpx2.ServerSentEvent]:
        return iter(())

    def failed(self, error: GatewayError) -> None:
        """The error says it all."""

    def left(self) -> None:
        """Nothing is held."""


def _no_check(event: Any) -> None:
    """Every event is good."""


def _no_sdk() -> Any:
    raise NotImplementedError

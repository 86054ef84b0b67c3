"""Whatever route there is bills nothing, for a reason, or its calls are held and settled. A new one is named here."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.urls import get_resolver

from gateway_project.jobs.tasks import run_job
from metering.models import UsageLog, UsageReservation
from metering.types import ReservationState
from tests.e2e.server import Server
from tests.factories import BudgetFactory
from tests.support.routes import api_routes, wire_routes
from tests.support.search_services import running_search_services
from tests.support.task_caller import TaskCaller

pytestmark = pytest.mark.slow
SHOWS = "GET /api/"
BILLS_NOTHING = {
    "it tells what is served, or how the server is": """
        / /health /health/live /health/ready /metrics
        /llm/models /v1/models /v1/models/ /v1/models/{} /internal/llm/models
    """,
    "it counts the input, which vendors do for nothing": "/v1/messages/count_tokens",
    "it shows what was used": "/llm/budget /llm/usage /internal/llm/usage",
    "it is not served": "/v1/completions",
    "it works on a text here, without a model": """
        POST:/api/claims/check POST:/api/diagrams/render
    """,
    "it works out what rules would do, without a call": """
        POST:/api/policy/blast-radius POST:/api/policy/simulate
    """,
    "it asks a vendor for its list of models, which is free": "POST:/api/provider-keys/{}/test",
    "it sends a message to a caller's own server": """
        POST:/api/webhooks/{}/test POST:/api/webhooks/{}/replay POST:/api/webhooks/{}/deliveries/{}/replay
    """,
    "it changes rows of people, keys and sessions": """
        POST:/api/auth/device POST:/api/auth/device/token POST:/api/auth/invitation POST:/api/auth/logout
        POST:/api/auth/password POST:/api/auth/password/forgotten POST:/api/auth/password/reset
        POST:/api/auth/signup POST:/api/auth/token POST:/api/auth/token/refresh
        POST:/api/invitations POST:/api/invitations/{}/resend POST:/api/invitations/{}/withdraw
        POST:/api/teams PATCH:/api/teams/{} POST:/api/teams/{}/members DELETE:/api/teams/{}/members/{}
        POST:/api/tenants PATCH:/api/tenants/{} PUT:/api/tenants/{}/plan
        POST:/api/tokens PATCH:/api/tokens/{} POST:/api/tokens/{}/revoke POST:/api/tokens/{}/rotate
        POST:/api/users PATCH:/api/users/{}
        POST:/api/provider-keys PATCH:/api/provider-keys/{} DELETE:/api/provider-keys/{}
        POST:/api/webhooks PATCH:/api/webhooks/{} DELETE:/api/webhooks/{} POST:/api/webhooks/{}/rotate
    """,
    "it changes rows of limits, the catalog and what is told of them": """
        POST:/api/alerts/{}/acknowledge POST:/api/notifications/read POST:/api/notifications/{}/read
        POST:/api/budgets DELETE:/api/budgets/{} POST:/api/rules DELETE:/api/rules/{}
        POST:/api/catalog/budgets DELETE:/api/catalog/budgets/{}
        POST:/api/catalog/rules DELETE:/api/catalog/rules/{} PUT:/api/catalog PUT:/api/plans/{}
        POST:/api/overrides DELETE:/api/overrides/{} POST:/api/top-ups
        POST:/api/quota-requests POST:/api/quota-requests/{}/approve POST:/api/quota-requests/{}/deny
        POST:/api/quota-requests/{}/withdraw
    """,
    "it ends or forgets what was begun elsewhere": """
        POST:/api/jobs/{}/cancel DELETE:/api/jobs/{} DELETE:/api/drafting/{}
    """,
}
"""Why → which, beside those of the API that show rows."""
CONSOLE = {"admin/", "admin/sso/"}
"""People's pages, which show and change rows and call no model."""

ASKED: dict[str, Any] = {"model": "sandbox-small", "input": "hello"}
HELLO: dict[str, Any] = {
    "model": "sandbox-small",
    "messages": [{"role": "user", "content": "hello"}],
    "max_tokens": 9,
}
TOLD = {"model": "sandbox-small", "messages": HELLO["messages"]}
SECRET = "an-internal-secret"
WIDGET = {
    "disclosure": "A bracket holds a pipe to a wall. It has two arms and a screw.",
    "sections": ["title"],
}


def posting(body: dict[str, Any]) -> Callable[[TaskCaller, str], None]:
    def ask(caller: TaskCaller, path: str) -> None:
        answer = caller.post(path, body)
        assert answer.status_code == 200, answer.text

    return ask


def by_an_agent(caller: TaskCaller, path: str) -> None:
    answer = caller.post(path, TOLD, x_internal_secret=SECRET)
    assert answer.status_code == 200, answer.text


def by_a_worker(caller: TaskCaller, path: str) -> None:
    job = caller.begin("drafting", WIDGET)
    run_job(job)
    assert caller.job(job)["status"] == "succeeded"


METERED: dict[str, Callable[[TaskCaller, str], None]] = {
    "/v1/chat/completions": posting(HELLO),
    "/v1/messages": posting(HELLO),
    "/v1/responses": posting(ASKED),
    "/v1/embeddings": posting(ASKED),
    "/llm/chat": posting(TOLD),
    "/llm/stream": posting(TOLD),
    "/internal/llm/proxy": by_an_agent,
    "POST /api/drafting": posting(WIDGET),
    "POST /api/diagrams": posting({"description": "A pump feeds a tank, and the tank feeds a pipe."}),
    "POST /api/prior-art": posting({"query": "a bracket that holds a pipe to a wall"}),
    "POST /api/jobs": by_a_worker,
}


def named() -> set[str]:
    return {route.replace(":", " ") for routes in BILLS_NOTHING.values() for route in routes.split()}


def test_every_route_is_known_to_bill_nothing_or_is_called_here() -> None:
    routes = wire_routes() | {route for route in api_routes() if not route.startswith(SHOWS)}
    assert routes == named() | METERED.keys()
    assert not named() & METERED.keys()


def test_all_else_in_front_of_django_is_the_console() -> None:
    assert {str(each.pattern) for each in get_resolver().url_patterns} == CONSOLE | {"api/"}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The services that a search of prior art asks, and the secret of the agents."""
    monkeypatch.setattr(settings, "LLM_PROXY_SECRETS", [SECRET])
    monkeypatch.setattr(settings, "INTERNAL_TENANT", "alder")
    with running_search_services() as services:
        monkeypatch.setattr(settings, "OPENALEX_BASE_URL", services.url("openalex"))
        monkeypatch.setattr(settings, "USPTO_ODP_BASE_URL", services.url("uspto"))
        yield


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("route", METERED)
def test_a_call_that_bills_is_held_and_settled(server: Server, token: str, route: str) -> None:
    BudgetFactory(dimension="cost", amount=10**12)
    METERED[route](TaskCaller(url=server.url, token=token), route.removeprefix("POST "))
    rows, held = UsageLog.objects.all(), UsageReservation.objects.all()
    assert sum(row.cost_nano_usd for row in rows) > 0
    assert {row.reservation_id for row in rows} == {each.pk for each in held}
    assert {each.state for each in held} == {ReservationState.SETTLED}

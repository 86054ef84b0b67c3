"""Pages of the allowed origins, and of no others, may call from a browser."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.raw import Reply, ask
from tests.e2e.server import Server, running_server
from tests.factories import make_token, reference_data
from tests.served import serve_model, settled_ledger

pytestmark = pytest.mark.slow
OURS, OTHER = "https://app.alder.example", "https://birch.example"
ROUTES = ["/v1/chat/completions", "/v1/models", "/v1/nothing", "/llm/chat", "/api/tenants", "/api/auth/token"]
CORS = "access-control-"
WANTED = (
    *("authorization", "x-api-key", "api-key", "x-team-id", "idempotency-key", "content-type"),
    *("x-stainless-lang", "x-stainless-retry-count", "user-agent", "traceparent", "tracestate", "baggage"),
)
BODY = b'{"model": "sandbox-small", "messages": [{"role": "user", "content": "hello"}]}'


@pytest.fixture
def open_server(transactional_db: Any, settings: Any) -> Iterator[Server]:
    """Whose operator has allowed one page."""
    import gateway_project.asgi  # noqa: F401 - its own application is made now, of the settings as they were

    settings.CORS_ALLOWED_ORIGINS = [OURS, "http://localhost:3000"]
    reference_data()
    serve_model()
    with settled_ledger(), running_server(anew=True) as server:
        yield server


def preflight(
    server: Server, path: str, origin: str, *, method: str = "POST", wanted: str = "authorization"
) -> Reply:
    return ask(
        server,
        "OPTIONS",
        path,
        headers={
            "origin": origin,
            "access-control-request-method": method,
            "access-control-request-headers": wanted,
        },
    )


def cors_of(answer: Reply) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith(CORS)}


def words(text: str) -> set[str]:
    return {word.strip().lower() for word in text.split(",")}


def test_a_preflight_allows_what_clients_send(open_server: Server) -> None:
    for path in ROUTES:
        answer = preflight(open_server, path, OURS, wanted=",".join(WANTED))
        assert (answer.status, answer.body) == (204, b"")
        told = cors_of(answer)
        assert told["access-control-allow-origin"] == OURS
        assert set(WANTED) <= words(told["access-control-allow-headers"])
        assert {"get", "post", "put", "patch", "delete"} <= words(told["access-control-allow-methods"])
        assert "access-control-allow-credentials" not in told
        assert "origin" in words(answer.headers["vary"])


def test_a_preflight_allows_no_header_that_nobody_knows(open_server: Server) -> None:
    answer = preflight(open_server, "/v1/models", OURS, wanted="x-evil, x-stainless-\u00e9, x-stainless-lang")
    allowed = words(cors_of(answer)["access-control-allow-headers"])
    assert "x-stainless-lang" in allowed
    assert not {name for name in allowed if "evil" in name or not name.isascii()}


def test_a_page_reads_the_answers_headers(open_server: Server) -> None:
    token = make_token().secret
    headers: dict[str, str | bytes] = {"origin": OURS, "x-api-key": token}
    answer = ask(open_server, "POST", "/v1/chat/completions", BODY, headers)
    told = cors_of(answer)
    assert (answer.status, told["access-control-allow-origin"]) == (200, OURS)
    shown = words(told["access-control-expose-headers"])
    assert {name for name in answer.headers if name.startswith("x-")} <= shown
    assert {"x-request-id", "retry-after", "x-gateway-cost-usd", "x-ratelimit-remaining-requests"} <= shown
    assert {"request-id", "x-gateway-content"} <= shown


def test_refusals_can_be_read_too(open_server: Server) -> None:
    for path in ROUTES:
        answer = ask(open_server, "GET", path, headers={"origin": OURS})
        assert answer.status in (401, 404, 405)
        assert cors_of(answer)["access-control-allow-origin"] == OURS


def asked_both_ways(server: Server, path: str, origin: str) -> tuple[Reply, Reply]:
    return preflight(server, path, origin), ask(server, "GET", path, headers={"origin": origin})


def test_other_pages_get_nothing_to_read(open_server: Server) -> None:
    for origin in (
        OTHER,
        "null",
        "http://app.alder.example",
        f"{OURS}:8443",
        f"{OURS}.evil.example",
        "",
        "*",
    ):
        for path in ROUTES:
            for answer in asked_both_ways(open_server, path, origin):
                assert cors_of(answer) == {}, (origin, path)
                assert "origin" in words(answer.headers["vary"])


def test_what_is_not_for_pages_stays_closed_to_them(open_server: Server) -> None:
    for path in ("/internal/llm/proxy", "/admin/login/", "/health"):
        assert [cors_of(answer) for answer in asked_both_ways(open_server, path, OURS)] == [{}, {}]


def test_without_the_setting_there_is_no_such_header(server: Server, token: str) -> None:
    for path in ROUTES:
        assert cors_of(preflight(server, path, OURS)) == {}
        assert cors_of(ask(server, "GET", path, headers={"origin": OURS, "x-api-key": token})) == {}

"""Whatever is asked for: an answer in JSON, in the one shape, which names the path that was meant."""

import pytest

from tests.e2e.raw import ask
from tests.e2e.server import Server

pytestmark = pytest.mark.slow
CHAT, MODELS = "/v1/chat/completions", "/v1/models"


MEANT = {
    "/chat/completions": CHAT,
    "/chat/completions/": CHAT,
    "/models": MODELS,
    "/completions": CHAT,
    "/responses": "/v1/responses",
    "/messages": "/v1/messages",
    "/v1/chat/completions/": CHAT,
    "/v1//chat/completions": CHAT,
    "//v1/chat/completions": CHAT,
    "/v1/v1/chat/completions": CHAT,
    "/V1/Chat/Completions": CHAT,
    "/openai/v1/models": MODELS,
    "/openai/deployments/small/chat/completions?api-version=2024-10-21": CHAT,
    "/v1/models/": MODELS,
    "/v1/completions": CHAT,
}
UNKNOWN = (
    *("/v1", "/v1/poems", "/llm", "/llm/x/y", "/internal", "/internal/llm/x"),
    *("/api", "/api/x", "/api/tenants/x/y", "/x", "/embeddings"),
)


def test_the_right_path_is_named(server: Server) -> None:
    for path, meant in MEANT.items():
        for method, body in (("GET", None), ("POST", b"{}")):
            answer = ask(server, method, path, body)
            assert answer.told == (404, "not_found"), path
            assert f"Ask for {meant};" in answer.error["message"], path


def test_what_a_protocol_has_beside_its_calls_is_said_not_to_be_here(server: Server) -> None:
    for method, path in (("GET", "/v1/responses/resp_1"), ("POST", "/v1/responses/resp_1/cancel")):
        answer = ask(server, method, path)
        assert answer.told == (404, "not_found")
        assert "not stored here" in answer.error["message"]
    assert "no batches" in ask(server, "POST", "/v1/messages/batches", b"{}").error["message"]


def test_every_unknown_path_is_answered_in_the_one_shape(server: Server) -> None:
    for path in UNKNOWN:
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            for slash in ("", "/"):
                body = b"{}" if method in ("POST", "PUT", "PATCH") else None
                answer = ask(server, method, path + slash, body)
                assert answer.told == (404, "not_found"), (method, path)
                assert answer.headers["content-type"].startswith("application/json")


def test_a_path_without_end_is_not_repeated(server: Server) -> None:
    assert len(ask(server, "GET", "/v1/" + "x" * 20_000).error["message"]) < 300


def test_the_consoles_pages_stay_pages(server: Server) -> None:
    assert ask(server, "GET", "/admin").headers["location"] == "/admin/"
    assert ask(server, "GET", "/admin/login/").headers["content-type"].startswith("text/html")


def test_head_is_get_without_a_body(server: Server, token: str) -> None:
    bearer: dict[str, str | bytes] = {"authorization": f"Bearer {token}"}
    for path in (MODELS, f"{MODELS}/sandbox-small", "/health", "/api/auth/me"):
        got, head = (ask(server, method, path, headers=bearer) for method in ("GET", "HEAD"))
        assert (head.status, head.body) == (200, b"") == (got.status, b"")
        assert head.headers["content-type"] == got.headers["content-type"]
        assert head.headers["content-length"] == str(len(got.body))


def test_head_of_what_is_refused_has_the_status_of_get(server: Server) -> None:
    assert (ask(server, "HEAD", MODELS).status, ask(server, "HEAD", "/models").status) == (401, 404)
    assert ask(server, "HEAD", CHAT).status == 405


def test_another_method_is_405_and_those_that_there_are_are_named(server: Server, token: str) -> None:
    allowed = {CHAT: "POST", MODELS: "GET, HEAD", "/api/auth/me": "GET, HEAD, OPTIONS"}
    for method, path in (("GET", CHAT), ("OPTIONS", CHAT), ("DELETE", MODELS), ("PUT", "/api/auth/me")):
        answer = ask(server, method, path, headers={"x-api-key": token})
        assert answer.told == (405, "method_not_allowed"), path
        assert answer.headers["allow"] == allowed[path]


def test_the_gateways_address_leads_to_the_console(server: Server) -> None:
    for method in ("GET", "HEAD"):
        answer = ask(server, method, "/")
        assert (answer.status, answer.headers["location"]) == (302, "/admin/")
    assert ask(server, "POST", "/", b"{}").status == 405

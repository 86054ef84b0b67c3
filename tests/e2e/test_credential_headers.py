"""A credential comes in the header that the caller's SDK knows."""

import openai
import pytest

from tests.e2e.canary import everything_logged
from tests.e2e.raw import ask
from tests.e2e.server import Server

pytestmark = pytest.mark.slow
MODELS = "/v1/models"
DOORS = (MODELS, "/api/auth/me")


def test_a_key_needs_no_scheme(server: Server, token: str) -> None:
    for path in DOORS:
        for name in ("x-api-key", "api-key", "API-Key"):
            assert ask(server, "GET", path, headers={name: token}).status == 200
            assert ask(server, "GET", path, headers={name: f"{token}x"}).told == (401, "invalid_credential")
            assert ask(server, "GET", path, headers={name: " "}).told == (401, "invalid_credential")


def test_of_several_keys_the_first_counts(server: Server, token: str) -> None:
    wrong = f"{token}x"
    for keys in [
        (token, wrong, wrong),
        (token, "", wrong),
        ("", token, wrong),
        ("", "", token),
        (" ", token, ""),
    ]:
        x_api_key, api_key, bearer = keys
        headers: dict[str, str | bytes] = {
            "authorization": f"Bearer {bearer}",
            "api-key": api_key,
            "x-api-key": x_api_key,
        }
        assert [ask(server, "GET", path, headers=headers).status for path in DOORS] == [200, 200], keys


def test_a_foreign_authorization_beside_a_key_does_no_harm(server: Server, token: str) -> None:
    headers: dict[str, str | bytes] = {"authorization": "Basic YTpi", "x-api-key": token}
    assert ask(server, "GET", MODELS, headers=headers).status == 200
    assert ask(server, "GET", MODELS, headers={"authorization": "Basic YTpi"}).status == 401


def test_azures_client_signs_in(server: Server, token: str) -> None:
    with openai.AzureOpenAI(base_url=f"{server.url}/v1", api_key=token, api_version="2024-10-21") as client:
        assert [model.id for model in client.models.list()] == ["BASE_S", "sandbox-small"]


def test_no_key_is_logged_or_answered(server: Server, token: str) -> None:
    with everything_logged() as log:
        for name in ("x-api-key", "api-key"):
            for key in (token, f"{token}x"):
                answer = ask(server, "GET", MODELS, headers={name: key, "x-request-id": "seen"})
                assert token[12:] not in f"{answer.headers}{answer.body!r}"
    assert token[12:] not in log.getvalue()

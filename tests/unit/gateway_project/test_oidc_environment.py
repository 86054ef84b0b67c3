"""The identity provider is set up whole, or the program does not start."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from gateway_project.oidc.environment import read_oidc

ISSUER, CLIENT = "https://login.example/realms/work", "gateway"


def read(monkeypatch: pytest.MonkeyPatch, **values: str) -> dict[str, str]:
    for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "SCOPES", "GROUPS_CLAIM", "NAME"):
        monkeypatch.delenv(f"OIDC_{name}", raising=False)
    for name, value in values.items():
        monkeypatch.setenv(f"OIDC_{name}", value)
    return read_oidc()


def test_without_an_issuer_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch)["OIDC_ISSUER"] == ""


@pytest.mark.parametrize(
    "issuer", [ISSUER, "http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:1"]
)
def test_an_issuer_with_a_client_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch, issuer: str) -> None:
    found = read(monkeypatch, ISSUER=issuer, CLIENT_ID=CLIENT)
    assert (found["OIDC_ISSUER"], found["OIDC_CLIENT_ID"]) == (issuer, CLIENT)


def test_the_secret_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    path = f"{tmp_path}/secret"
    with open(path, "w") as file:
        file.write("s3cret\n")
    found = read(monkeypatch, ISSUER=ISSUER, CLIENT_ID=CLIENT, CLIENT_SECRET_FILE=path)
    monkeypatch.delenv("OIDC_CLIENT_SECRET_FILE")
    assert found["OIDC_CLIENT_SECRET"] == "s3cret"


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"ISSUER": ISSUER}, "OIDC_CLIENT_ID"),
        ({"ISSUER": "http://login.example", "CLIENT_ID": CLIENT}, "https"),
        ({"ISSUER": "http://localhost.evil.example", "CLIENT_ID": CLIENT}, "https"),
        ({"ISSUER": "login.example", "CLIENT_ID": CLIENT}, "OIDC_ISSUER"),
        ({"ISSUER": ISSUER, "CLIENT_ID": CLIENT, "SCOPES": "email"}, "openid"),
    ],
)
def test_half_of_it_stops_the_program(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], named: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=named):
        read(monkeypatch, **values)

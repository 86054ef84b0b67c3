"""The character NUL is refused at the door of Django, in the door's own shape."""

from typing import Any

import pytest
from django.test import Client

from gateway_project.settings import MIDDLEWARE

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    "address",
    [
        "/admin/activity/?q=%00abc",
        "/admin/tenant/?for=user:%00",
        "/admin/?tenant=%00",
        "/admin/tenants/?q=%00",
        "/admin/tokens/%00/narrow/",
        "/admin/tenants/alder/tokens/%00/rotate/",
        "/admin/prices/%00/",
    ],
)
def test_a_page_is_not_asked_with_it(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("text/html")
    assert "contains the character NUL" in answer.content.decode()
    assert answer["x-request-id"]


@pytest.mark.parametrize(
    "address", ["/api/activity?q=%00", "/api/tokens/%00", "/api/catalog/plans/%00", "/api/usage?tenant=%00"]
)
def test_the_api_says_so_in_its_own_shape(client: Client, address: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    "sent",
    [
        {"data": "verb=join&team=%00", "content_type": FORM},
        {"data": b"verb=join&team=\0", "content_type": FORM},
        {"data": {"verb": "join", "team": "\0"}},
        {"data": {"verb": "join", "te\0am": "red"}},
    ],
    ids=["quoted", "raw", "in parts", "in a name"],
)
def test_no_form_is_sent_with_it(client: Client, sent: dict[str, Any]) -> None:
    assert client.post("/admin/people/person/", **sent).status_code == 400


@pytest.mark.parametrize("text", ["%2500", "100%25", "%e2%90%80"])
def test_what_only_looks_like_it_passes(client: Client, text: str) -> None:
    assert client.get(f"/admin/login/?next={text}").status_code == 200
    assert client.post("/admin/login/", f"username={text}", content_type=FORM).status_code == 200


def test_its_answers_have_the_policy_of_pages(client: Client) -> None:
    assert "default-src" in client.get("/admin/?q=%00")["Content-Security-Policy"]
    assert MIDDLEWARE.index("gateway_project.http.django_nul.nul_middleware") < MIDDLEWARE.index(
        "django.contrib.sessions.middleware.SessionMiddleware"
    )

"""Notifications through the API: everybody's own, read one by one or all at once."""

import pytest

from tests.factories import make_notification, make_token
from tests.integration.gateway_project.api.people import call, code_of, person

pytestmark = pytest.mark.django_db


def test_a_person_reads_the_own_ones() -> None:
    ann, bob = person(), person()
    rows = [make_notification(ann, f"number {number}") for number in range(3)]
    make_notification(bob, "another's")
    listed = call("GET", "notifications?limit=2", who=ann).json()
    assert [row["subject"] for row in listed["results"]] == ["number 2", "number 1"]
    assert {**listed["results"][0], "created_at": ""} == {
        "id": str(rows[2].pk), "type": "TOKEN_EXPIRING", "subject": "number 2", "text": "80 % is used.",
        "path": "/admin/budgets/", "created_at": "", "read_at": None,
    }  # fmt: skip
    assert listed["next"]
    assert call("GET", "notifications/unread", who=ann).json() == {"unread": 3}

    read = call("POST", f"notifications/{rows[0].pk}/read", who=ann).json()
    assert read["read_at"] is not None
    found = call("GET", "notifications?read=false", who=ann).json()["results"]
    assert [row["subject"] for row in found] == ["number 2", "number 1"]
    assert [row["id"] for row in call("GET", "notifications?read=true", who=ann).json()["results"]] == [
        read["id"]
    ]
    assert call("POST", "notifications/read", who=ann).json() == {"unread": 0}
    assert call("GET", "notifications/unread", who=bob).json() == {"unread": 1}
    assert code_of(call("POST", f"notifications/{rows[0].pk}/read", who=bob)) == (404, "not_found")


def test_a_token_that_is_nobodys_has_none_and_that_of_a_person_has_the_persons() -> None:
    ann = person()
    make_notification(ann, "one")
    assert call("GET", "notifications/unread", who=make_token(user=ann).secret).json() == {"unread": 1}
    for method, path in (("GET", ""), ("GET", "/unread"), ("POST", "/read")):
        refused = call(method, f"notifications{path}", who=make_token().secret)
        assert code_of(refused) == (403, "not_permitted")

"""/api/webhooks: addresses that a tenant has events sent to, their secrets, their log, and sending again."""

from typing import Any

import pytest
from django.utils.timezone import now

from metering.alerts.endpoints.compose import compose
from metering.alerts.endpoints.edit import MAX_ENDPOINTS
from metering.alerts.endpoints.reseal import reseal_endpoints
from metering.alerts.endpoints.try_endpoint import MOST_TESTS, _example
from metering.models import AlertDelivery, User, WebhookEndpoint
from tests.factories import AlertFactory
from tests.fakes.receivers import Reply, receiving, slack
from tests.integration.gateway_project.api.people import call, code_of, person, super_admin

pytestmark = pytest.mark.django_db
URL = "https://hooks.example/canary-path?token=canary-query"
HOOK = {"kind": "webhook", "name": "Builds", "url": URL}


@pytest.fixture
def bea(db: Any) -> User:
    """Alder's administrator."""
    return person(User.Role.TENANT_ADMIN)


def made(bea: User, **facts: Any) -> Any:
    answer = call("POST", "webhooks", {**HOOK, **facts}, who=bea)
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_webhook_is_made_changed_rotated_and_removed_and_no_secret_is_shown_again(bea: User) -> None:
    row = made(bea, events=["quota.exceeded", "quota.warning"])
    assert row["secret"].startswith("whsec_")
    assert (row["address"], row["events"]) == (
        "https://hooks.example/…uery",
        ["quota.warning", "quota.exceeded"],
    )
    path = f"webhooks/{row['id']}"
    rotated = call("POST", f"{path}/rotate", {"overlap_h": 2}, who=bea).json()["secret"]
    assert rotated not in ("", row["secret"])
    changed = call("PATCH", path, {"name": "Ops", "events": [], "is_active": False}, who=bea).json()
    assert (changed["name"], changed["events"], changed["is_active"]) == ("Ops", [], False)
    assert call("PATCH", path, changed, who=bea).status_code == 200, "what was shown says nothing new"
    shown = b"".join(call("GET", each, who=bea).content for each in ("webhooks", path, "audit"))
    stored = str(list(WebhookEndpoint.objects.values()))
    for secret in (row["secret"], rotated, "canary"):
        assert secret.encode() not in shown
        assert secret not in stored
    assert call("DELETE", path, who=bea).status_code == 204
    trail = call("GET", "audit?noun=channel", who=bea).json()["results"]
    assert [entry["sentence"].partition(" ")[2] for entry in trail] == [
        "removed the channel Ops",
        "switched off the channel Ops",
        "changed the channel Ops",
        "gave the channel Builds a new secret",
        "added the channel Builds",
    ]


@pytest.mark.parametrize(
    ("facts", "param"),
    [
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "http://hooks.example/"}, "url"),
        ({"url": "https://a:b@hooks.example/"}, "url"),
        ({"url": f"https://{'.'.join(['a' * 60] * 4)}/"}, "url"),
        ({"name": " \x00"}, "name"),
        ({"events": ["quota.none"]}, "events.0"),
        ({"kind": "pager"}, "kind"),
        ({"secret": "whsec_mine"}, "secret"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(bea: User, facts: dict[str, Any], param: str) -> None:
    answer = call("POST", "webhooks", {**HOOK, **facts}, who=bea)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert not WebhookEndpoint.objects.exists()


def test_names_are_told_apart_and_there_are_only_so_many(bea: User) -> None:
    for number in range(MAX_ENDPOINTS):
        made(bea, name=f"hook {number}")
    assert code_of(call("POST", "webhooks", HOOK, who=bea)) == (400, "invalid_request")
    WebhookEndpoint.objects.filter(name="hook 0").delete()
    assert (
        "hook 1" in call("POST", "webhooks", {**HOOK, "name": "hook 1"}, who=bea).json()["error"]["message"]
    )
    made(super_admin(), name="hook 1")


def test_a_test_says_at_once_what_came_of_it_and_is_counted(bea: User, settings: Any) -> None:
    settings.WEBHOOK_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    with receiving(slack) as receiver:
        works = made(bea, kind="slack", url=f"{receiver.url}/services/T0/B0/x0")["id"]
        broken = made(bea, kind="slack", name="broken", url=f"{receiver.url}/nowhere")["id"]
        answer = call("POST", f"webhooks/{works}/test", who=bea).json()
        assert (answer["ok"], answer["status_code"], answer["response"], answer["error"]) == (
            True,
            200,
            "ok",
            "",
        )
        answer = call("POST", f"webhooks/{broken}/test", who=bea).json()
        assert (answer["ok"], answer["response"], answer["error"]) == (False, "no_service", "answered 404")
        assert answer["duration_ms"] >= 0
        for _ in range(MOST_TESTS - 2):
            call("POST", f"webhooks/{broken}/test", who=bea)
        assert call("POST", f"webhooks/{works}/test", who=bea).status_code == 429
    assert len(receiver.arrivals) == MOST_TESTS


def test_a_test_of_a_private_address_says_so_and_sends_nothing(bea: User, settings: Any) -> None:
    with receiving(lambda _: Reply()) as receiver:
        settings.WEBHOOK_PRIVATE_NETWORKS = ["127.0.0.0/8"]
        row = made(bea, url=receiver.url)
        settings.WEBHOOK_PRIVATE_NETWORKS = []
        answer = call("POST", f"webhooks/{row['id']}/test", who=bea).json()
    assert (answer["ok"], answer["status_code"]) == (False, None)
    assert "not public" in answer["error"]
    assert receiver.arrivals == []


def test_the_log_tells_what_happened_and_failures_are_sent_again(bea: User) -> None:
    row = made(bea)
    alert = AlertFactory()
    facts = {"alert": alert, "channel": "webhook", "recipient": row["id"], "endpoint_id": row["id"]}
    failed = AlertDelivery.objects.create(
        **facts, state="failed", attempts=40, next_attempt_at=now(), attempted_at=now(), status_code=500,
        response="oops", duration_ms=12, last_error="answered 500",
    )  # fmt: skip
    path = f"webhooks/{row['id']}"
    [line] = call("GET", f"{path}/deliveries?state=failed", who=bea).json()["results"]
    assert (line["event_id"], line["type"]) == (f"evt_{alert.pk}", "quota.warning")
    assert (line["status_code"], line["response"], line["duration_ms"]) == (500, "oops", 12)
    assert (line["attempts"], line["error"], line["next_attempt_at"]) == (40, "answered 500", None)
    assert call("GET", f"{path}/deliveries?state=sent", who=bea).json()["results"] == []
    assert call("GET", f"{path}/deliveries?state=lost", who=bea).status_code == 400
    again = call("POST", f"{path}/deliveries/{failed.pk}/replay", who=bea)
    assert (again.status_code, again.json()["state"]) == (200, "pending")
    assert call("POST", f"{path}/deliveries/{failed.pk}/replay", who=bea).status_code == 409
    assert call("POST", f"{path}/deliveries/{failed.pk}0/replay", who=bea).status_code == 404
    AlertDelivery.objects.update(state="failed")
    assert call("POST", f"{path}/replay", who=bea).json() == {"replayed": 1}


def test_what_is_sealed_with_an_older_key_is_sealed_anew(bea: User, settings: Any) -> None:
    old, new = "b2xkIG9sZCBvbGQgb2xkIG9sZCBvbGQgb2xkIG9sZDA=", "bmV3IG5ldyBuZXcgbmV3IG5ldyBuZXcgbmV3IG5ldzA="
    settings.FIELD_ENCRYPTION_KEYS = [old]
    made(bea)
    settings.FIELD_ENCRYPTION_KEYS = [new, old]
    for resealed, unchanged in ((1, 0), (0, 1)):
        done = reseal_endpoints(actor="ops", now=now())
        assert (done.resealed, done.unchanged, done.unreadable) == (resealed, unchanged, ())
    settings.FIELD_ENCRYPTION_KEYS = [new]
    row = WebhookEndpoint.objects.get()
    assert compose(_example(row, now()), row, now=now()).url == URL

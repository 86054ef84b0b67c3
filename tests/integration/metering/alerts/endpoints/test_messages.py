"""What receivers get: webhooks signed by Standard Webhooks, messages that Slack and Teams take."""

import json
import os
import subprocess
from typing import Any

import pytest
from django.db import transaction
from django.utils.timezone import now
from standardwebhooks import Webhook, WebhookVerificationError

from adapters.diagram.rendering.programs import NODE, NODE_MODULES
from metering.alerts.endpoints.rotate_secret import rotate_secret
from metering.alerts.endpoints.try_endpoint import try_endpoint
from metering.models import QuotaAlert, WebhookEndpoint
from metering.notices import raise_notice
from metering.types import Audience, EventType
from tests.factories import (
    AlertFactory,
    MeterFactory,
    RuleFactory,
    VendorAlertFactory,
    alder,
    concurrency_meter,
)
from tests.fakes.receivers import Arrival, receiving, slack, teams
from tests.integration.metering.alerts.endpoints.conftest import Make, deliver

WORDS = "<!channel> & *Ann* asks [more](https://evil.example)"
VERIFY = """
const { Webhook } = require("standardwebhooks");
const { secret, body, headers } = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(new Webhook(secret).verify(body, headers)));
"""


@pytest.fixture
def told(make: Make, settings: Any) -> dict[str, Arrival]:
    """An event of each source, by its type, as a webhook got it."""
    settings.PUBLIC_URL = "https://gateway.example"
    meter = MeterFactory()
    for threshold, requested in ((80, None), (95, None), (100, 7)):
        AlertFactory(meter=meter, threshold=threshold, requested=requested)
    rule = RuleFactory(key="max_concurrent", value=10)
    AlertFactory(meter=concurrency_meter(rule, alder(), held=9), threshold=90)
    VendorAlertFactory()
    tell()
    with receiving() as receiver:
        make(f"{receiver.url}/alder")
        make(f"{receiver.url}/operators", tenant=None)
        deliver(now)  # type: ignore[arg-type] # the clock itself
    return {arrival.json["type"]: arrival for arrival in receiver.arrivals}


def tell() -> None:
    with transaction.atomic():
        raise_notice(
            type=EventType.QUOTA_REQUEST_CREATED,
            audience=Audience.TENANT_ADMINS,
            tenant_id=alder().pk,
            subject=WORDS,
            text=WORDS,
            data={"request_id": "r-1", "amount": "5"},
            path="/admin/quota-requests/",
            now=now(),
        )


def test_every_event_has_a_type_a_moment_and_data_with_stable_names(told: dict[str, Arrival]) -> None:
    codes = {name: arrival.json["data"].get("type") for name, arrival in told.items()}
    assert codes == {
        "quota.warning": "QUOTA_WARNING",
        "quota.critical": "QUOTA_CRITICAL",
        "quota.exceeded": "QUOTA_EXCEEDED",
        "quota.concurrency_limit": "CONCURRENCY_LIMIT",
        "quota_request.created": None,
        "vendor.impossible_usage": None,
    }
    for arrival in told.values():
        assert set(arrival.json) == {"type", "timestamp", "data"}
        assert arrival.headers["webhook-id"] == f"evt_{arrival.json['data']['id']}"
    alert = QuotaAlert.objects.get(threshold=100)
    data = told["quota.exceeded"].json["data"]
    assert (data["tenant"], data["requested"], data["threshold_percent"]) == ("alder", 7, 100)
    assert (data["budget_id"], data["dimension"]) == (str(alert.budget_id), alert.dimension)
    notice = told["quota_request.created"].json["data"]
    assert (notice["tenant"], notice["request_id"], notice["amount"]) == ("alder", "r-1", "5")


def test_both_libraries_verify_a_signature_and_an_overlap_has_two(make: Make) -> None:
    with receiving() as receiver:
        endpoint = make(receiver.url)
        first = endpoint.secret  # type: ignore[attr-defined]
        second = rotate_secret(row=endpoint, actor="a test", now=now())
        tell()
        deliver(now)  # type: ignore[arg-type] # the clock itself
        endpoint.refresh_from_db()
        third = rotate_secret(row=endpoint, actor="a test", now=now(), overlap_h=0)
        endpoint.refresh_from_db()
        assert try_endpoint(row=endpoint, actor="a test", now=now()).is_taken
    overlap, after = receiver.arrivals
    for secret in (first, second):
        assert Webhook(secret).verify(overlap.body, overlap.headers) == overlap.json
        assert _verified_by_node(secret, overlap) == overlap.json
    assert Webhook(third).verify(after.body, after.headers)["type"] == "channel.test"
    for secret in (first, second):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(after.body, after.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(second).verify(overlap.body + b" ", overlap.headers)


@pytest.mark.parametrize(("kind", "judge"), [("slack", slack), ("teams", teams)])
def test_slack_and_teams_take_every_message_and_read_no_mark_up_of_others(
    make: Make, kind: str, judge: Any, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://gateway.example"
    AlertFactory()
    tell()
    with receiving(judge) as receiver:
        endpoint = make(f"{receiver.url}/services/T0/B0/x0", kind)
        deliver(now)  # type: ignore[arg-type] # the clock itself
    assert set(endpoint.deliveries.values_list("state", flat=True)) == {"sent"}
    assert all("webhook-signature" not in arrival.headers for arrival in receiver.arrivals)
    bodies = [arrival.body.decode() for arrival in receiver.arrivals]
    [notice] = [body for body in bodies if "evil.example" in body]
    assert "https://gateway.example/admin/quota-requests/" in notice
    if kind == "slack":
        assert json.loads(notice)["text"].startswith("&lt;!channel&gt; &amp;")
        assert '"mrkdwn"' not in notice
    else:
        assert "[more](" not in notice


def test_a_test_says_what_the_receiver_said(make: Make) -> None:
    with receiving(slack) as receiver:
        works = make(f"{receiver.url}/services/T0/B0/x0", "slack")
        broken = make(f"{receiver.url}/nowhere", "slack")
        assert try_endpoint(row=works, actor="a test", now=now()).is_taken
        outcome = try_endpoint(row=broken, actor="a test", now=now())
    assert (outcome.status, outcome.response, outcome.is_taken) == (404, "no_service", False)
    assert WebhookEndpoint.objects.filter(is_active=False).count() == 0, "a test changes nothing"


def _verified_by_node(secret: str, arrival: Arrival) -> Any:
    given = {"secret": secret, "body": arrival.body.decode(), "headers": arrival.headers}
    done = subprocess.run(
        [NODE, "-e", VERIFY],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"NODE_PATH": str(NODE_MODULES)},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)

"""Channels are set up and tested in a real browser, and their log says what became of each event."""

import threading
from typing import Any

import pytest
from django.db import connection
from django.utils.timezone import now
from standardwebhooks import Webhook

from gateway_project.webhooks.send import send
from metering.alerts.address import address_alerts
from metering.alerts.endpoints.deliver import deliver_to_endpoints
from tests.e2e.console.hand import Hand
from tests.fakes.receivers import Reply, receiving, slack, teams

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def test_a_webhook_slack_and_teams_are_set_up_and_tested(admin: Hand, settings: Any) -> None:
    settings.WEBHOOK_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    with receiving() as hook, receiving(slack) as chat, receiving(teams) as team:
        for kind, name, url in (
            ("Slack", "Slack #llm-costs", f"{chat.url}/services/T0/B0/canary-1"),
            ("Microsoft Teams", "Teams Operations", f"{team.url}/workflows/canary-2?sig=canary"),
            ("Webhook", "Ticket system", f"{hook.url}/events"),
        ):
            admin.browser.open("/admin/channels/")
            admin.clicks = 0
            admin.click(f"Add {kind}")
            admin.fill("Name", name)
            admin.fill("URL", url)
            if kind == "Slack":
                admin.is_done("add-a-channel")
            admin.click("Add it")
            if kind == "Webhook":
                admin.reads("shown only now")
                secret = str(admin.run("document.querySelector('#secret').textContent"))
                admin.click("I have copied it")
            admin.click("Test")
            admin.reads(f"{name} took the test: it answered 20")
            assert "canary" not in admin.browser.text
        assert (
            Webhook(secret).verify(hook.arrivals[0].body, hook.arrivals[0].headers)["type"] == "channel.test"
        )
        hook.judge = lambda _: Reply(status=500, body=b"the queue is full")
        _in_another_transaction(address_and_deliver)
        admin.browser.open("/admin/channels/")
        admin.clicks = 0
        admin.reads("failing")
        admin.is_done("set-up-channels")
        admin.click("Ticket system")
        admin.reads("answered 500", "the queue is full")
        admin.is_done("what-a-channel-was-sent")
    assert len(chat.arrivals) > 1


def address_and_deliver() -> None:
    address_alerts(now=now())
    deliver_to_endpoints(send=send, clock=now)


def _in_another_transaction(work: Any) -> None:
    """What the browser is shown has been committed."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()

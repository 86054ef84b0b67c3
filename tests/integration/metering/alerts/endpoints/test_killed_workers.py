"""A process that delivers is killed before, during and after the handover: every event arrives, once for each id."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.utils.timezone import now

from gateway_project.webhooks.send import send
from metering.alerts.address import address_alerts
from metering.alerts.endpoints.deliver import deliver_to_endpoints
from metering.models import AlertDelivery, User
from tests.factories import AlertFactory, MeterFactory
from tests.fakes.receivers import Receiver, Reply, receiving
from tests.integration.metering.alerts.endpoints.conftest import Make

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).parents[5]
WORK = (
    "import django; django.setup(); from metering.tasks import deliver_to_endpoints; deliver_to_endpoints()"
)
BLOCKED = "SELECT count(*) FROM pg_locks WHERE NOT granted"
BEFORE = "LOCK TABLE metering_tenant IN ACCESS EXCLUSIVE MODE"
"""Who writes the event needs a name from there."""
AFTER = "SELECT 1 FROM metering_webhookendpoint FOR UPDATE"
"""Who records what came of it begins with the endpoint."""


@contextmanager
def worker() -> Iterator["subprocess.Popen[bytes]"]:
    """A process that delivers what is due; it is killed at the end."""
    environment = os.environ | {"DATABASE_URL": _database(), "WEBHOOK_PRIVATE_NETWORKS": "127.0.0.0/8"}
    environment["DJANGO_SETTINGS_MODULE"] = "gateway_project.settings"
    process = subprocess.Popen([sys.executable, "-c", WORK], cwd=ROOT, env=environment)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def killed_while_locked(statement: str) -> None:
    """A worker gets as far as what this statement locks, and no further."""
    with psycopg.connect(_database()) as other:
        other.execute(statement.encode())
        with worker():
            deadline = time.monotonic() + 60
            while not _is_blocked(other):
                assert time.monotonic() < deadline, "no worker came so far"
                time.sleep(0.02)


def killed_in_the_handover(receiver: Receiver) -> None:
    """The receiver has it, and the worker has no answer."""
    released = threading.Event()
    receiver.judge = lambda _: Reply(wait_for=released)
    with worker():
        receiver.wait()
    released.set()
    receiver.judge = lambda _: Reply()


@pytest.mark.parametrize(("when", "arrivals"), [("before", 1), ("during", 2), ("after", 2)])
def test_a_receiver_that_keeps_ids_has_the_event_once(when: str, arrivals: int, make: Make) -> None:
    alert = AlertFactory()
    with receiving() as receiver:
        make(receiver.url)
        address_alerts(now=now())
        if when == "during":
            killed_in_the_handover(receiver)
        else:
            killed_while_locked(BEFORE if when == "before" else AFTER)
        assert len(receiver.arrivals) == arrivals - 1
        assert AlertDelivery.objects.get().state == "sending"
        assert (deliver(), deliver()) == (1, 0)
    assert AlertDelivery.objects.get().state == "sent"
    assert (list(receiver.taken), len(receiver.arrivals)) == ([f"evt_{alert.pk}"], arrivals)


def test_a_message_to_people_is_never_sent_twice(make: Make) -> None:
    AlertFactory()
    with receiving() as receiver:
        make(receiver.url, "slack")
        address_alerts(now=now())
        killed_in_the_handover(receiver)
        assert deliver() == 0
    assert (AlertDelivery.objects.get().state, len(receiver.arrivals)) == ("uncertain", 1)


def deliver() -> int:
    """As the next worker does once the lease of the one before has run out."""
    AlertDelivery.objects.filter(state="sending").update(next_attempt_at=now())
    return deliver_to_endpoints(send=send, clock=now)


def test_many_workers_at_once_send_each_event_once(make: Make) -> None:
    User.objects.all().delete()
    meter = MeterFactory()
    for threshold in (50, 60, 70, 80, 95):
        AlertFactory(meter=meter, threshold=threshold)
    with receiving() as receiver:
        for number in range(3):
            make(f"{receiver.url}/{number}")
        address_alerts(now=now())
        workers = [threading.Thread(target=_deliver_in_a_thread) for _ in range(4)]
        for each in workers:
            each.start()
        for each in workers:
            each.join(60)
    told = [(arrival.path, arrival.headers["webhook-id"]) for arrival in receiver.arrivals]
    assert len(told) == len(set(told)) == 15


def _deliver_in_a_thread() -> None:
    try:
        deliver_to_endpoints(send=send, clock=now)
    finally:
        connection.close()


def _database() -> str:
    return urlsplit(settings.DATABASE_URL)._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


def _is_blocked(other: "psycopg.Connection") -> bool:
    row = other.execute(BLOCKED.encode()).fetchone()
    assert row is not None
    return bool(row[0])

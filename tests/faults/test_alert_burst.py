"""A burst over four gateways uses a budget up while no mail gets out: three alerts, three mails for each admin."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from launcher.redis import EmbeddedRedis
from tests.faults.callers import Callers
from tests.faults.deployment import Deployment, running_deployment
from tests.faults.gateways import ROOT
from tests.faults.rows import assert_the_ledger_balances, query
from tests.faults.waiting import until
from tests.mail import MailServer, mail_server

REQUESTS = 100
CALLS = 300
ADMINS = ("ann@alder.example", "bob@alder.example")
THRESHOLDS = [80, 95, 100]
WITHIN_S = 90
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def deployment(database: str, tmp_path: Path) -> Iterator[Deployment]:
    with running_deployment(database, tmp_path, places=4) as deployment:
        yield deployment


@pytest.fixture
def broker(own_redis: EmbeddedRedis) -> EmbeddedRedis:
    """Celery's own, so that the gateways' rates are not touched when it dies."""
    return own_redis


@pytest.fixture
def mail() -> Iterator[MailServer]:
    """It is not there yet."""
    with mail_server(running=False) as server:
        yield server


@contextmanager
def celery(database: str, broker: EmbeddedRedis, mail: MailServer, folder: Path) -> Iterator[None]:
    """A worker with beat that looks for alerts every second, and tries again soon."""
    environment = os.environ | {
        "DATABASE_URL": database,
        "REDIS_URL": broker.url,
        "EMAIL_URL": f"smtp://127.0.0.1:{mail.port}",
        "ALERT_INTERVAL_S": "1",
        "ALERT_RETRY_S": "0.2",
    }
    schedule = str(folder / "beat")
    command = [
        "-A",
        "gateway_project.celery",
        "worker",
        "--beat",
        "--pool=solo",
        "-s",
        schedule,
        "-l",
        "warning",
    ]
    worker = subprocess.Popen([sys.executable, "-m", "celery", *command], cwd=ROOT, env=environment)
    try:
        yield
    finally:
        worker.terminate()
        try:
            worker.wait(30)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()


def add_admins(database: str) -> None:
    """Rows that no command makes."""
    for email in ADMINS:
        query(
            database,
            "INSERT INTO metering_user (id, tenant_id, email, name, role, password, is_active, is_staff, is_superuser, "
            "date_joined) SELECT gen_random_uuid(), id, %s, '', 'TENANT_ADMIN', '!', true, false, false, now() "
            "FROM metering_tenant",
            (email,),
        )


def refusals(database: str) -> int:
    """Deliveries that the absent mail server has cost an attempt."""
    [(count,)] = query(
        database,
        "SELECT count(*) FROM metering_alertdelivery WHERE state = 'pending' AND last_error LIKE 'no connection%%'",
    )
    return int(count)


async def test_three_alerts_and_three_mails_for_each_admin(
    deployment: Deployment, crowd: Callers, broker: EmbeddedRedis, mail: MailServer, tmp_path: Path
) -> None:
    database = deployment.database
    token = deployment.tenant(dimension="requests", window="day", amount=REQUESTS)
    add_admins(database)
    with celery(database, broker, mail, tmp_path):
        told = await crowd.ask_many(deployment.gateways.urls, token, CALLS)
        assert sum(answer.whole for answer in told) == REQUESTS

        alerts = query(
            database, "SELECT threshold, used, requested FROM metering_quotaalert ORDER BY threshold"
        )
        assert [threshold for threshold, _, _ in alerts] == THRESHOLDS
        assert all(
            used * 100 >= threshold * REQUESTS for threshold, used, requested in alerts if requested is None
        )

        await until(lambda: refusals(database) >= 1, within_s=WITHIN_S)
        broker.stop()
        mail.start()
        broker.start()
        await until(lambda: len(mail.mails) >= len(ADMINS) * len(THRESHOLDS), within_s=WITHIN_S)
        more = await crowd.ask_many(deployment.gateways.urls, token, 20)
        assert not any(answer.whole for answer in more)
        states = "SELECT state, count(*) FROM metering_alertdelivery GROUP BY state"
        await until(
            lambda: query(database, states) == [("sent", len(ADMINS) * len(THRESHOLDS))], within_s=WITHIN_S
        )
    assert Counter(mail.recipients) == dict.fromkeys(ADMINS, len(THRESHOLDS))
    assert len({(letter["To"], letter["Subject"]) for letter in mail.mails}) == len(mail.mails)
    assert query(database, "SELECT count(*) FROM metering_quotaalert") == [(len(THRESHOLDS),)]
    assert_the_ledger_balances(database)

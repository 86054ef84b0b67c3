"""Revocation and changed rows on four gateway processes, also right after the database came back."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
import pytest

from gateway_project.local.postgres import EmbeddedPostgres
from tests.faults.gateways import ROOT, running_gateways, status_of

pytestmark = pytest.mark.slow
PATIENCE_S = 20.0
LISTENERS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'gateway changes'"
Record = Callable[[str, object], None]


@dataclass(frozen=True)
class Fleet:
    """Four gateways over one database, and two tokens that all of them have seen."""

    gateways: list[str]
    database: str
    tokens: list[dict[str, str]]

    def statuses(self, number: int) -> list[int]:
        """What each gateway answers to a token's holder."""
        secret = self.tokens[number]["token"]
        return [status_of(f"{url}/v1/models", secret) for url in self.gateways]

    def revoke(self, number: int) -> None:
        """With plain SQL: no gateway has a hand in it."""
        self.sql(f"UPDATE metering_atitoken SET revoked_at = now() WHERE id = '{self.tokens[number]['id']}'")

    def sql(self, statement: str) -> None:
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute(statement)


@pytest.fixture
def fleet(doomed_database: str) -> Iterator[Fleet]:
    def manage(*arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.check_output(command, cwd=ROOT, env=environment, text=True)

    environment = os.environ | {"DATABASE_URL": doomed_database}
    manage("load_catalog", "fixtures/demo/catalog.yaml")
    manage("create_tenant", "--slug", "alder", "--name", "Alder")
    plan = json.loads(manage("dump_catalog", "--json"))["plans"]
    issue = ("issue_token", "--tenant", "alder", "--plan", next(iter(plan)), "--json")
    tokens = [json.loads(manage(*issue)) for _ in range(2)]
    with running_gateways(4, {"DATABASE_URL": doomed_database}) as gateways:
        fleet = Fleet(gateways, doomed_database, tokens)
        until(lambda: fleet.statuses(0) == fleet.statuses(1) == [200] * 4)
        yield fleet


def until(true: Callable[[], bool]) -> float:
    """Seconds until something becomes true."""
    begin = time.monotonic()
    while not true():
        assert time.monotonic() - begin < PATIENCE_S
        time.sleep(0.002)
    return time.monotonic() - begin


def test_a_revoked_token_is_refused_by_every_process(fleet: Fleet, record_property: Record) -> None:
    fleet.revoke(0)
    took_s = until(lambda: fleet.statuses(0) == [401] * 4)
    record_property("revocation_s", round(took_s, 3))
    print(f"revoked on four processes after {took_s:.3f} s")
    assert fleet.statuses(1) == [200] * 4


def test_a_suspended_tenant_is_refused_by_every_process(fleet: Fleet) -> None:
    fleet.sql("UPDATE metering_tenant SET status = 'SUSPENDED'")
    until(lambda: fleet.statuses(0) == [403] * 4)


def test_what_is_revoked_right_after_a_database_restart_is_refused(
    fleet: Fleet, doomed_server: EmbeddedPostgres, record_property: Record
) -> None:
    doomed_server.stop("fast")
    doomed_server.start()
    fleet.revoke(0)
    took_s = until(lambda: fleet.statuses(0) == [401] * 4)
    record_property("revocation_after_restart_s", round(took_s, 3))
    print(f"revoked on four processes after {took_s:.3f} s, right after a restart")
    until(lambda: fleet.statuses(1) == [200] * 4)

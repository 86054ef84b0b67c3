"""Four gateway processes over one database that the test may break, and two tokens that all of them have seen."""

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from tests.faults.gateways import forked_gateways, status_of

PATIENCE_S = 20.0


@dataclass(frozen=True)
class Fleet:
    """Where the gateways are, and who may ask them."""

    gateways: list[str]
    database: str
    tokens: list[dict[str, str]]

    def statuses(self, number: int) -> list[int]:
        """What each gateway answers to a token's holder."""
        return self.statuses_of(self.tokens[number]["token"])

    def statuses_of(self, bearer: str) -> list[int]:
        """The same of any credential."""
        return [status_of(f"{url}/v1/models", bearer) for url in self.gateways]

    def sign_up(self, number: int) -> str:
        """A person's access token, by a token and one of the gateways."""
        facts = {"ati_token": self.tokens[number]["token"], "email": "ann@alder.example"}
        body = json.dumps({**facts, "password": "correct horse battery"}).encode()
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(f"{self.gateways[0]}/api/auth/signup", body, headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            access: str = json.loads(answer.read())["access"]
        return access

    def revoke(self, number: int) -> None:
        """With plain SQL: no gateway has a hand in it."""
        self.sql(f"UPDATE metering_atitoken SET revoked_at = now() WHERE id = '{self.tokens[number]['id']}'")

    def sql(self, statement: str) -> None:
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def running_fleet(database: str) -> Iterator[Fleet]:
    """On the demo's catalog, with a tenant on its first plan."""
    with forked_gateways(4, {"DATABASE_URL": database, "RATE_LIMIT_TIMEOUT_S": "10"}) as gateways:
        manage = gateways.manage
        manage("load_catalog", "fixtures/demo/catalog.yaml")
        manage("create_tenant", "--slug", "alder", "--name", "Alder")
        plan = next(iter(manage("dump_catalog")["plans"]))
        issue = ("issue_token", "--tenant", "alder", "--plan", plan, "--signups", "1")
        tokens = [manage(*issue) for _ in range(2)]
        for place in range(4):
            gateways.start(place)
        gateways.wait_until_ready()
        fleet = Fleet(gateways.urls, database, tokens)
        until(lambda: fleet.statuses(0) == fleet.statuses(1) == [200] * 4)
        yield fleet


def until(true: Callable[[], bool]) -> float:
    """Seconds until something becomes true."""
    begin = time.monotonic()
    while not true():
        assert time.monotonic() - begin < PATIENCE_S
        time.sleep(0.002)
    return time.monotonic() - begin

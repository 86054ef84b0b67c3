"""Four gateway processes over one database that the test may break, and two tokens that all of them have seen."""

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import psycopg

from tests.faults.gateways import forked_gateways, status_of

PATIENCE_S = 20.0
_numbers = count(1)


@dataclass(frozen=True)
class Fleet:
    """Where the gateways are, and who may ask them."""

    gateways: list[str]
    database: str
    manage: Callable[..., Any]
    plan: str
    tokens: list[dict[str, str]]

    def of_a_new_tenant(self) -> "Fleet":
        """The same gateways, asked by others."""
        return _seen(replace(self, tokens=_tokens(self.manage, f"tenant-{next(_numbers)}", self.plan)))

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
        plan = next(iter(manage("dump_catalog")["plans"]))
        tokens = _tokens(manage, "alder", plan)
        for place in range(4):
            gateways.start(place)
        gateways.wait_until_ready()
        yield _seen(Fleet(gateways.urls, database, manage, plan, tokens))


def _tokens(manage: Callable[..., Any], slug: str, plan: str) -> list[dict[str, str]]:
    """Two of a new tenant."""
    manage("create_tenant", "--slug", slug, "--name", slug.title())
    return [manage("issue_token", "--tenant", slug, "--plan", plan, "--signups", "1") for _ in range(2)]


def _seen(fleet: Fleet) -> Fleet:
    """Once all of its gateways have seen both tokens."""
    until(lambda: fleet.statuses(0) == fleet.statuses(1) == [200] * 4)
    return fleet


def until(true: Callable[[], bool]) -> float:
    """Seconds until something becomes true."""
    begin = time.monotonic()
    while not true():
        assert time.monotonic() - begin < PATIENCE_S
        time.sleep(0.002)
    return time.monotonic() - begin

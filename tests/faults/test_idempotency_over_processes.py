"""One Idempotency-Key on four gateway processes: spent once, also when the process that spent it is killed."""

import json
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from launcher.process import wait_until
from tests.faults.deployment import Deployment, running_deployment
from tests.faults.rows import assert_the_ledger_balances, query

pytestmark = pytest.mark.slow
PATIENCE_S = 60.0
PLACES = range(4)
LEASE_S = 600
"""Longer than any test: leases end when a test says so."""
IN_PROGRESS, LOST, MISMATCH = (
    (409, b"idempotency_in_progress"),
    (409, b"idempotency_answer_lost"),
    (422, b"idempotency_mismatch"),
)
KILLED = (0, b"")


@dataclass(frozen=True)
class KeyedCalls:
    """A deployment, and one caller who always sends the same key."""

    deployment: Deployment
    token: str

    def ask(self, place: int, text: str, *, key: str = "k-1") -> tuple[int, bytes]:
        """Status, and the answer or the error's code; KILLED where the gateway is killed meanwhile."""
        body = {"model": "small", "max_tokens": 20, "messages": [{"role": "user", "content": text}]}
        headers = {"authorization": f"Bearer {self.token}", "idempotency-key": key}
        url = f"{self.deployment.gateways.urls[place]}/v1/chat/completions"
        request = urllib.request.Request(url, json.dumps(body).encode(), headers)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)["error"]["code"].encode()
        except OSError:
            return KILLED

    def ask_the_others(self, text: str) -> set[tuple[int, bytes]]:
        return {self.ask(place, text) for place in PLACES[1:]}

    def kill_the_first(self) -> None:
        self.deployment.gateways.send_signal(0, signal.SIGKILL)
        assert wait_until(lambda: self.deployment.gateways.ended(0), PATIENCE_S)

    def sent(self) -> int:
        """How many calls the vendor has seen."""
        return len(self.deployment.vendor.log()["calls"])

    def one(self, statement: str) -> Any:
        [(value,)] = query(self.deployment.database, statement)
        return value

    def let_the_lease_end(self) -> None:
        """And wait for a sweeper, or for what the killed one had sent to its ledger process."""
        query(
            self.deployment.database,
            "UPDATE metering_usagereservation SET lease_expires_at = now() WHERE state = 0",
        )
        held = "SELECT count(*) FROM metering_usagereservation WHERE state = 0"
        assert wait_until(lambda: self.one(held) == 0, PATIENCE_S)


@pytest.fixture
def keyed(database: str, tmp_path: Path) -> Iterator[KeyedCalls]:
    environment = {"RESERVATION_LEASE_S": str(LEASE_S), "SWEEP_INTERVAL_S": "1"}
    with running_deployment(database, tmp_path, places=len(PLACES), environment=environment) as deployment:
        yield KeyedCalls(deployment, deployment.tenant(dimension="cost", window="month", amount=100))
        assert_the_ledger_balances(database)


def test_of_many_at_once_on_four_processes_one_is_sent(keyed: KeyedCalls) -> None:
    text = "vendor:slow=0.5"
    with ThreadPoolExecutor(16) as callers:
        running = [callers.submit(keyed.ask, number % 4, text) for number in range(40)]
        outcomes = {item.result() for item in running}
    [answer] = [body for status, body in outcomes if status == 200]
    assert outcomes <= {(200, answer), IN_PROGRESS}
    assert {keyed.ask(place, text) for place in PLACES} == {(200, answer)}
    assert keyed.sent() == keyed.one("SELECT count(*) FROM metering_usagelog") == 1


def test_a_call_whose_process_is_killed_before_its_answer_is_never_sent_again(keyed: KeyedCalls) -> None:
    text = "vendor:slow=300"
    with ThreadPoolExecutor(1) as caller:
        unanswered = caller.submit(keyed.ask, 0, text)
        assert wait_until(lambda: keyed.sent() == 1, PATIENCE_S)
        keyed.kill_the_first()
        assert unanswered.result() == KILLED
    assert keyed.ask_the_others("something else") == {MISMATCH}
    assert keyed.ask_the_others(text) == {IN_PROGRESS}
    keyed.let_the_lease_end()
    assert keyed.ask_the_others(text) == {LOST}
    assert keyed.sent() == keyed.one("SELECT count(*) FROM metering_usagereservation") == 1
    assert keyed.ask(1, "hello", key="k-2")[0] == 200


def test_an_answer_survives_a_process_that_is_killed_before_it_settles(keyed: KeyedCalls) -> None:
    text = "vendor:slow=5"
    with psycopg.connect(keyed.deployment.database) as rival, ThreadPoolExecutor(1) as caller:
        unanswered = caller.submit(keyed.ask, 0, text)
        assert wait_until(lambda: keyed.sent() == 1, PATIENCE_S)
        # The settlement waits for this row, the answer does not.
        rival.execute("SELECT FROM metering_usagereservation FOR NO KEY UPDATE")
        kept = "SELECT count(*) FROM metering_keptanswer"
        assert wait_until(lambda: keyed.one(kept) == 1, PATIENCE_S)
        keyed.kill_the_first()
        assert unanswered.result() == KILLED
    [(status, answer)] = keyed.ask_the_others(text)
    assert status == 200
    keyed.let_the_lease_end()
    assert keyed.ask_the_others(text) == {(200, answer)}
    assert keyed.sent() == keyed.one("SELECT count(*) FROM metering_ledgerentry") == 1

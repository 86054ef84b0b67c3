"""Several gateway processes, as a load balancer would have behind it: each with its own snapshots."""

import json
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, Any

from launcher.process import wait_until
from tests.faults.server_template import TEMPLATE, serve_orders

ROOT = Path(__file__).parents[2]
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 40.0
"""Longer than a gateway drains."""


class Gateways:
    """Processes forked by one server (tests.faults.forking_server), each at a place with a URL of its own."""

    def __init__(self, orders: "Connection[Any, Any]") -> None:
        self._orders = orders
        self.urls = [f"http://127.0.0.1:{port}" for port in self._answer()]
        self.pids = [0] * len(self.urls)

    def manage(self, *arguments: str) -> Any:
        """What a management command says with --json."""
        answer = self._ask({"manage": [*arguments, "--json"]})
        assert answer["status"] == 0, answer["output"]
        return json.loads(answer["output"] or "null")

    def start(self, place: int, *, dies_at: tuple[str, int] | None = None) -> None:
        """Begin a process; it may not answer yet. It is killed where its spool takes a step for the so-and-so-many'th
        time, if `dies_at` says so.
        """
        self.pids[place] = self._ask({"serve": place, "dies_at": dies_at})["pid"]

    def start_celery(self, *arguments: str) -> int:
        """Begin a Celery process of the application, and return its id."""
        return int(self._ask({"celery": arguments})["pid"])

    def wait_until_ready(self) -> None:
        for url in self.urls:
            ready = f"{url}/health/ready"
            assert wait_until(lambda ready=ready: status_of(ready) == 200, START_TIMEOUT_S)

    def send_signal(self, place: int, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pids[place], number)

    def ended(self, place: int) -> bool:
        """Whether the process is gone, or only waits for its parent to notice."""
        return has_ended(self.pids[place])

    def stop(self) -> None:
        """All of them, in good order."""
        running = [place for place, pid in enumerate(self.pids) if pid and not self.ended(place)]
        for place in running:
            self.send_signal(place, signal.SIGTERM)
        if not wait_until(lambda: all(self.ended(place) for place in running), STOP_TIMEOUT_S):
            for place in running:
                self.send_signal(place, signal.SIGKILL)

    def _ask(self, order: dict[str, Any]) -> Any:
        self._orders.send(order)
        return self._answer()

    def _answer(self) -> Any:
        try:
            return self._orders.recv()
        except EOFError:
            raise AssertionError("the forking server has ended") from None


@contextmanager
def forked_gateways(
    places: int, environment: dict[str, str], *, log: IO[str] | None = None
) -> Iterator[Gateways]:
    """Places without processes yet; `log`, a file with a name, gets what the processes write."""
    ours, theirs = TEMPLATE.Pipe()
    parent = TEMPLATE.Process(
        target=serve_orders,
        args=(theirs, places, dict(os.environ) | environment, log.name if log else None),
    )
    parent.start()
    theirs.close()
    try:
        gateways = Gateways(ours)
        try:
            yield gateways
        finally:
            gateways.stop()
    finally:
        ours.close()
        parent.join(STOP_TIMEOUT_S)
        assert parent.exitcode == 0, "the forking server did not end well"
        parent.close()


def has_ended(pid: int) -> bool:
    """Whether a process is gone, or only waits for its parent to notice."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


def status_of(url: str, token: str = "") -> int:
    """The HTTP status of a GET; 0 if nobody answers."""
    request = urllib.request.Request(url, headers={"authorization": f"Bearer {token}"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0

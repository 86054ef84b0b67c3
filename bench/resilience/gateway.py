"""A server of several gateway processes, as `script/server --workers N` starts it, on a database of one's choice."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any
from unittest.mock import patch

from bench.http.processes import family
from bench.resilience.vendor import Vendor
from launcher.children import start_gateway
from launcher.configuration import REPOSITORY
from launcher.process import free_port, stop_child, wait_until
from launcher.stack import Stack
from tests.faults.deployment import ACCESS, AT_ONCE, CATALOG, KEY_VARIABLE

START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 45.0
COMMAND_TIMEOUT_S = 180.0
PLAN = "OPEN"


class Server:
    """One address; it may be stopped, killed and started again."""

    def __init__(self, database: str, log: Path, *, workers: int, environment: dict[str, str]) -> None:
        self.database, self.log = database, log
        self.repository = REPOSITORY
        """Where the program is that the next start runs."""
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._workers, self._environment = workers, environment
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        """Return once it serves."""
        nothing = os.open(os.devnull, os.O_RDONLY)
        stack = Stack(
            state_dir=Path(os.environ["GATEWAY_STATE_DIR"]),
            database_url=self.database,
            redis_url=os.environ["REDIS_URL"],
            in_use_fd=nothing,
        )
        with patch.dict(os.environ, self._environment), self.log.open("ab") as output:
            self.process = (
                start_gateway(stack, host="127.0.0.1", port=self.port, workers=self._workers, output=output)
                if self.repository == REPOSITORY
                else self._start_elsewhere(stack, output)
            )
        os.close(nothing)
        if not wait_until(self.is_ready, START_TIMEOUT_S, every_s=0.1):
            raise RuntimeError(
                f"the gateway was not ready within {START_TIMEOUT_S:.0f} s; its log is {self.log}"
            )

    def _start_elsewhere(self, stack: Stack, output: IO[bytes]) -> "subprocess.Popen[bytes]":
        """The same of another version, whose launcher may differ."""
        options = f"--interface asgi --host 127.0.0.1 --port {self.port} --workers {self._workers} --http 1"
        more = "--loop uvloop --workers-kill-timeout 30 --no-ws launcher.served:application"
        return subprocess.Popen(
            [sys.executable, "-m", "granian", *options.split(), *more.split()],
            cwd=self.repository,
            env=os.environ | stack.environment() | {"PYTHONPATH": str(self.repository)},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )

    def kill(self) -> None:
        """At once, with all its processes, as the kernel does when memory is short."""
        for pid in list(family(self.pid)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """In good order."""
        if self.process is not None:
            stop_child(self.process, STOP_TIMEOUT_S)

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health/ready", timeout=10) as answer:  # noqa: S310
                return int(answer.status) == 200
        except OSError:
            return False

    def lines(self, event: str) -> int:
        """How many lines of its log are about this event."""
        needle = f'"event": "{event}"'.encode()
        with self.log.open("rb") as lines:
            return sum(needle in line for line in lines)


@contextmanager
def running_server(database: str, folder: Path, vendor: Vendor, *, workers: int) -> Iterator[Server]:
    """In front of the vendor, on a database that is migrated here and gets the tests' catalog."""
    server = new_server(database, folder / "gateway.log", vendor, workers=workers)
    prepare(database, folder, vendor)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def new_server(
    database: str, log: Path, vendor: Vendor, *, workers: int, environment: dict[str, str] | None = None
) -> Server:
    """A server in front of the vendor, which is not started yet."""
    variables = {KEY_VARIABLE: vendor.api_key, "RATE_LIMIT_TIMEOUT_S": "10"} | (environment or {})
    return Server(database, log, workers=workers, environment=variables)


def prepare(database: str, folder: Path, vendor: Vendor, *, repository: Path = REPOSITORY) -> None:
    """Make the tables, and enter a catalog with the vendor."""
    catalog = folder / "catalog.yaml"
    catalog.write_text(
        CATALOG.format(base_url=vendor.base_url, key=KEY_VARIABLE, access=ACCESS, at_once=AT_ONCE)
    )
    manage(database, "migrate", "--no-input", "--verbosity=0", is_json=False, repository=repository)
    manage(database, "load_catalog", str(catalog), repository=repository)


def new_tenant(database: str, slug: str) -> str:
    """The token of a tenant with a hard budget that it does not reach."""
    manage(database, "create_tenant", "--slug", slug, "--name", slug)
    budget = {"tenant": slug, "dimension": "cost", "window": "month", "amount": "100000"}
    manage(database, "set_budget", *[part for name, value in budget.items() for part in (f"--{name}", value)])
    return str(manage(database, "issue_token", "--tenant", slug, "--plan", PLAN)["token"])


def manage(database: str, *arguments: str, is_json: bool = True, repository: Path = REPOSITORY) -> Any:
    """What a management command says, in a process of its own. Raises RuntimeError with its words if it fails."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments, *(["--json"] if is_json else [])],
        cwd=repository,
        env=os.environ | {"DATABASE_URL": database, "PYTHONPATH": str(repository)},
        capture_output=True,
        text=True,
        check=False,
        timeout=COMMAND_TIMEOUT_S,
    )
    if done.returncode:
        raise RuntimeError(f"{arguments[0]}: {done.stderr.strip() or done.stdout.strip()}")
    return json.loads(done.stdout or "null") if is_json else done.stdout

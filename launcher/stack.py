"""One PostgreSQL and one Redis per state folder, shared by every process that needs them.

The first user starts what does not run, the last one stops it (locks.py says how they agree). Should the last user
be killed, the keeper notices that nobody uses the servers and stops them in its place.

A server whose URL is configured (DATABASE_URL, REDIS_URL) is somebody else's and never touched.
"""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from gateway_project import env
from launcher.configuration import REPOSITORY
from launcher.errors import LauncherError
from launcher.locks import in_use_lock, keeper_pid, start_lock, try_exclusive
from launcher.private import close_to_others, keep_to_the_owner
from launcher.process import wait_until
from launcher.servers import Servers

KEEPER_TIMEOUT_S = 10.0
NO_SERVERS = Servers(Path(), postgres=False, redis=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """What a program needs to use the two servers."""

    state_dir: Path
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    in_use_fd: int
    """To be passed on to child processes, so that the servers outlive a parent that is killed before them."""
    servers: Servers = field(default=NO_SERVERS, repr=False)
    """Those that are embedded."""

    def environment(self) -> dict[str, str]:
        """The variables under which a child process finds this stack."""
        return {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "GATEWAY_STATE_DIR": str(self.state_dir),
        }


@contextlib.contextmanager
def running_stack(state_dir: Path, *, for_tests: bool = False) -> Iterator[Stack]:
    """Both servers, running for as long as the block does. Tests and benchmarks make databases of their own."""
    state_dir = prepare_state_dir(state_dir)
    configured = {name.lower(): env.text(name) for name in ("DATABASE_URL", "REDIS_URL")}
    _agree_on_the_ledger(is_embedded=configured["database_url"] == "", for_tests=for_tests)
    servers = Servers(state_dir, postgres=not configured["database_url"], redis=not configured["redis_url"])
    with in_use_lock(state_dir) as in_use:
        with start_lock(state_dir):
            fcntl.flock(in_use, fcntl.LOCK_SH)
            try:
                if configured["database_url"] == "" or configured["redis_url"] == "":
                    _ensure_keeper(
                        state_dir
                    )  # first, so that it cleans up even after a start that was killed
                servers.start()
                if for_tests:
                    servers.allow_test_databases()
            except BaseException:
                _stop_if_unused(state_dir, in_use)
                raise
            _write_services(state_dir, servers.urls())
        try:
            urls = configured | servers.urls()
            yield Stack(state_dir=state_dir, in_use_fd=in_use.fileno(), servers=servers, **urls)
        finally:
            with start_lock(state_dir):
                _stop_if_unused(state_dir, in_use)


def _agree_on_the_ledger(*, is_embedded: bool, for_tests: bool) -> None:
    """The ledger's tables are in the gateway's database: a ledger's URL means nothing beside an embedded server, nor
    in a test run, whose databases are its own. An empty variable counts as unset, and as more than `.env` has.
    """
    if is_embedded and not for_tests and env.text("LEDGER_DATABASE_URL"):
        raise LauncherError("LEDGER_DATABASE_URL names the same database as DATABASE_URL; set that as well.")
    if is_embedded or for_tests:
        os.environ |= {"LEDGER_DATABASE_URL": "", "LEDGER_DATABASE_URL_FILE": ""}
    if for_tests:
        os.environ |= {"REPORTING_DATABASE_URL": "", "REPORTING_DATABASE_URL_FILE": ""}


def prepare_state_dir(state_dir: Path) -> Path:
    """The folder, made if need be; what is made is readable by its owner alone."""
    state_dir = state_dir.absolute()
    keep_to_the_owner()
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        close_to_others(state_dir)
        (state_dir / "logs").mkdir(exist_ok=True)
        (state_dir / "start.lock").touch()
        (state_dir / "in-use.lock").touch()
    except OSError as error:
        raise LauncherError(f"The state folder {state_dir} cannot be used: {error.strerror}.") from error
    return state_dir


def _stop_if_unused(state_dir: Path, in_use: IO[str]) -> None:
    if not try_exclusive(in_use):
        return
    Servers(state_dir).stop()
    keeper = keeper_pid(state_dir)
    if keeper is not None:
        os.kill(keeper, signal.SIGTERM)
        wait_until(lambda: keeper_pid(state_dir) is None, KEEPER_TIMEOUT_S)


def _ensure_keeper(state_dir: Path) -> None:
    """Starts a keeper while `start.lock` is held, so that there is never a second one."""
    if keeper_pid(state_dir) is not None:
        return
    with (state_dir / "logs" / "keeper.log").open("ab") as log:
        subprocess.Popen(
            [sys.executable, "-m", "launcher.keeper", str(state_dir)],
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    wait_until(lambda: keeper_pid(state_dir) is not None, KEEPER_TIMEOUT_S)


def _write_services(state_dir: Path, urls: dict[str, str]) -> None:
    """Record the embedded servers' addresses; a configured one is not ours to write down."""
    partial = state_dir / "services.partial"
    partial.touch(mode=0o600)
    path = state_dir / "services.json"
    partial.write_text(json.dumps(_known_services(path) | urls))
    partial.replace(path)


def _known_services(path: Path) -> dict[str, str]:
    try:
        return dict(json.loads(path.read_text()))
    except (FileNotFoundError, ValueError):
        return {}

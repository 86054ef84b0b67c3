"""Two PostgreSQL servers under patroni, with one etcd, as Debian packages them (patroni, etcd-server, postgresql).

Patroni decides who is the primary and keeps the standby synchronous (`synchronous_mode`). The primary's key in etcd
lives for TTL_S without a sign of life, patroni's least; then the standby is promoted.
"""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import yaml

from bench.http.processes import family
from launcher.powers import bare_environment, without_powers
from launcher.process import free_port, stop_child, wait_until

TTL_S, LOOP_S, RETRY_S = 20, 2, 3
NEEDED = ("patroni", "etcd")
USER = "postgres"
WITHIN_S = 120.0
STOP_TIMEOUT_S = 30.0


class Node:
    """One machine: patroni and the PostgreSQL that it runs."""

    def __init__(self, folder: Path, name: str, etcd_port: int, passwords: dict[str, str]) -> None:
        self.name, self.port, self.rest_port = name, free_port(), free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._file = folder / f"{name}.yaml"
        self._file.write_text(yaml.safe_dump(self._configuration(etcd_port, passwords)))
        self._file.chmod(0o600)
        _own(self._file)

    def start(self) -> None:
        self._process = _begun(["/usr/bin/patroni", str(self._file)], self._folder, f"{self.name}.log")

    def kill(self) -> None:
        """As when the machine loses power."""
        assert self._process is not None
        processes = [*family(self._process.pid), *self._servers()]
        for pid in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        if self._process is not None:
            stop_child(self._process, STOP_TIMEOUT_S)
        for pid in self._servers():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def role_is(self, path: str) -> bool:
        """Whether patroni's health check of this name answers 200: `primary`, `sync`."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.rest_port}/{path}", timeout=5) as answer:
                return int(answer.status) == 200
        except OSError:
            return False

    def _servers(self) -> list[int]:
        """PostgreSQL's processes, which patroni starts apart from itself."""
        try:
            pid = int((self._folder / self.name / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return []
        return list(family(pid))

    def _configuration(self, etcd_port: int, passwords: dict[str, str]) -> dict[str, object]:
        at = f"127.0.0.1:{self.port}"
        rest = f"127.0.0.1:{self.rest_port}"
        dcs = {
            "ttl": TTL_S,
            "loop_wait": LOOP_S,
            "retry_timeout": RETRY_S,
            "synchronous_mode": True,
            "postgresql": {
                "use_pg_rewind": True,
                "parameters": {"wal_log_hints": "on", "max_connections": 200},
            },
        }
        return {
            "scope": "bench",
            "name": self.name,
            "restapi": {"listen": rest, "connect_address": rest},
            "etcd3": {"hosts": f"127.0.0.1:{etcd_port}"},
            "bootstrap": {"dcs": dcs, "initdb": [{"encoding": "UTF8"}, {"locale": "C.UTF-8"}]},
            "postgresql": {
                "listen": at,
                "connect_address": at,
                "data_dir": str(self._folder / self.name),
                "bin_dir": str(_programs()),
                "pgpass": str(self._folder / f"{self.name}.pgpass"),
                "authentication": {
                    kind: {"username": name, "password": passwords[name]}
                    for kind, name in (("superuser", "postgres"), ("replication", "replicator"))
                },
                "parameters": {"unix_socket_directories": str(self._folder)},
                "pg_hba": [
                    "host all all 127.0.0.1/32 scram-sha-256",
                    "host replication all 127.0.0.1/32 scram-sha-256",
                ],
                "remove_data_directory_on_rewind_failure": True,
                "remove_data_directory_on_diverged_timelines": True,
            },
        }


class PatroniCluster:
    """`url` leads to whichever node is the primary."""

    def __init__(self, folder: Path, stopping: ExitStack) -> None:
        passwords = {name: secrets.token_urlsafe(18) for name in ("postgres", "replicator", "gateway")}
        etcd_port = _etcd(folder, stopping)
        self._nodes = [Node(folder, name, etcd_port, passwords) for name in ("one", "other")]
        for node in self._nodes:
            node.start()
            stopping.callback(node.stop)
        self._down: Node | None = None
        self.rebuild()
        places = ",".join(f"127.0.0.1:{node.port}" for node in self._nodes)
        self._make_database(passwords)
        self.url = (
            f"postgresql://gateway:{passwords['gateway']}@{places}/gateway?target_session_attrs=read-write"
        )

    def fail_over(self, *, stalled_s: float) -> float:
        """Kill the primary's machine, and wait until patroni has promoted the other. Returns the moment of the kill."""
        assert stalled_s == 0
        primary, other = self._primary_first()
        primary.kill()
        killed_s = time.monotonic()
        self._down = primary
        if not wait_until(lambda: other.role_is("primary"), WITHIN_S, every_s=0.05):
            raise RuntimeError("patroni did not promote the standby")
        return killed_s

    def rebuild(self) -> None:
        """Until there is a primary with a synchronous standby again."""
        if self._down is not None:
            self._down.start()
        if not wait_until(lambda: self._roles() == {"primary", "sync"}, WITHIN_S, every_s=0.2):
            raise RuntimeError("patroni has no primary with a synchronous standby")

    def _roles(self) -> set[str]:
        return {role for node in self._nodes for role in ("primary", "sync") if node.role_is(role)}

    def _primary_first(self) -> list[Node]:
        return sorted(self._nodes, key=lambda node: not node.role_is("primary"))

    def _make_database(self, passwords: dict[str, str]) -> None:
        with psycopg.connect(
            host="127.0.0.1",
            port=self._primary_first()[0].port,
            user="postgres",
            password=passwords["postgres"],
            dbname="postgres",
            autocommit=True,
        ) as connection:
            connection.execute(f"CREATE ROLE gateway LOGIN PASSWORD '{passwords['gateway']}'")
            connection.execute("CREATE DATABASE gateway OWNER gateway")


@contextmanager
def running_patroni() -> Iterator[PatroniCluster]:
    """Raises RuntimeError if Debian's packages are not there."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing or not _programs().is_dir():
        raise RuntimeError("install Debian's patroni, etcd-server and postgresql for this benchmark")
    home = pwd.getpwnam(USER).pw_dir if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="gateway-bench-", dir=home))
    _own(folder)
    try:
        with ExitStack() as stopping:
            yield PatroniCluster(folder, stopping)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _etcd(folder: Path, stopping: ExitStack) -> int:
    port, peers = free_port(), free_port()
    here, others = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peers}"
    options = {
        "data-dir": str(folder / "etcd"),
        "listen-client-urls": here,
        "advertise-client-urls": here,
        "listen-peer-urls": others,
        "initial-advertise-peer-urls": others,
        "initial-cluster": f"default={others}",
    }
    command = ["/usr/bin/etcd", *[part for name, value in options.items() for part in (f"--{name}", value)]]
    process = _begun(command, folder, "etcd.log")
    stopping.callback(stop_child, process, STOP_TIMEOUT_S)
    return port


def _begun(command: list[str], folder: Path, log: str) -> "subprocess.Popen[bytes]":
    if os.getuid() == 0:
        command = without_powers(str(pwd.getpwnam(USER).pw_uid), command)
    with (folder / log).open("ab") as output:
        return subprocess.Popen(
            command, cwd=folder, env=bare_environment(), stdout=output, stderr=output, start_new_session=True
        )


def _own(path: Path) -> None:
    if os.getuid() == 0:
        os.chown(path, pwd.getpwnam(USER).pw_uid, -1)


def _programs() -> Path:
    """Of Debian's newest PostgreSQL."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return folders[-1] if folders else Path("/usr/lib/postgresql")

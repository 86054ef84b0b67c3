"""A real PostgreSQL 18 without an installation: the binaries come from a pip wheel.

Nothing is traded for speed that a production server would keep: fsync, synchronous_commit and full_page_writes
are on. The server listens on 127.0.0.1 only and asks for a generated password, since other people may have an
account on the same machine.
"""

import os
import signal
import subprocess
from pathlib import Path
from typing import Literal

from launcher.errors import LauncherError
from launcher.postgres_create import HERE, create_data_dir
from launcher.postgres_programs import binary
from launcher.postgres_roles import Roles
from launcher.powers import as_owner_of, bare_environment
from launcher.process import free_port, is_free, reason_in, runs_with, wait_until

MARK = "gateway.data_dir={}"
"""A setting that means nothing to PostgreSQL: by it a server is known as this folder's."""
RETRY_START_S = 10.0
PORT_TIMEOUT_S = 3.0
START_TIMEOUT_S = 60.0  # crash recovery replays the log first
STOP_TIMEOUT_S = 30.0
READY = ("ready", "standby")
"""Accepting connections, of a standby those that only read."""
STOP_SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}

SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket path may be 107 bytes long, a state folder's path longer
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "autovacuum": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
}


class EmbeddedPostgres:
    """One server over one data folder. Any process may build this object for the same folder and stop the server."""

    def __init__(self, data_dir: Path, *, log: Path | None = None, port: int | None = None) -> None:
        self.data_dir = data_dir.absolute()
        self.log = log or self.data_dir.with_name(self.data_dir.name + ".log")
        self._wanted_port = port
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        """The port of this run or, when stopped, of the last one: a restart keeps the URL valid."""
        return int((self.data_dir / "gateway.port").read_text())

    @property
    def url(self) -> str:
        return self._roles.url()

    def allow_test_databases(self) -> None:
        """Lets the URL's role make databases from now on. It is never called where people's data is."""
        self._roles.allow_test_databases()

    @property
    def _roles(self) -> Roles:
        return Roles(self.data_dir, self.port)

    @property
    def pid(self) -> int | None:
        """The postmaster's process id, or None when it does not run."""
        if self._child is not None:
            self._child.poll()  # collects it if it has ended
        try:
            pid = int((self.data_dir / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        return pid if runs_with(pid, MARK.format(self.data_dir)) else None

    def is_running(self) -> bool:
        return self.pid is not None

    def start(self) -> None:
        """Create the data folder if need be, start, and return when connections are accepted."""
        try:
            if self.is_running():  # another process started it, and may have been killed while it waited
                wait_until(self._is_ready, START_TIMEOUT_S)
            else:
                if not (self.data_dir / "PG_VERSION").is_file():
                    create_data_dir(self.data_dir, self.log)
                (self.data_dir / "postmaster.pid").unlink(missing_ok=True)  # of a server that was killed
                self._launch_until_ready()
            self._roles.ensure()
        except BaseException:
            self._abandon()
            raise

    def stop(self, mode: Literal["smart", "fast", "immediate"] = "fast") -> None:
        pid = self.pid
        if pid is None:
            return
        os.kill(pid, STOP_SIGNALS[mode])
        if not wait_until(lambda: not self.is_running(), STOP_TIMEOUT_S):
            os.kill(pid, signal.SIGQUIT)
            wait_until(lambda: not self.is_running(), STOP_TIMEOUT_S)

    def _launch_until_ready(self) -> None:
        log_size = self.log.stat().st_size if self.log.exists() else 0
        # Backends of a killed server hold its shared memory for a moment: the first attempts may be refused.
        if not wait_until(self._launch, RETRY_START_S, every_s=0.3):
            reason = reason_in(self.log, since=log_size)
            raise LauncherError(f"PostgreSQL could not start on {self.data_dir}: {reason} (log: {self.log})")

    def _abandon(self) -> None:
        """End a server whose start was interrupted; it may not have written its process id yet."""
        if self._child is not None and self._child.poll() is None:
            self._child.send_signal(signal.SIGQUIT)
            self._child.wait()

    def _choose_port(self) -> int:
        """Returns the last run's port if it is free. Children of a killed server may hold it for a moment."""
        known = self.data_dir / "gateway.port"
        content = known.read_text() if known.is_file() else ""
        preferred = int(content) if content.isdigit() else None
        if preferred and not self._wanted_port:
            wait_until(lambda: is_free(preferred), PORT_TIMEOUT_S)
        port = self._wanted_port or free_port(preferred)
        known.write_text(str(port))
        return port

    def _launch(self) -> bool:
        """Makes one attempt to start. Returns False if the server ended before it was ready."""
        options = [f"--{name}={value}" for name, value in SETTINGS.items()]
        options += ["-c", MARK.format(self.data_dir)]
        command = [binary("postgres"), "-D", HERE, f"--port={self._choose_port()}", *options]
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                as_owner_of(self.data_dir, command),
                cwd=self.data_dir,
                env=bare_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C at the terminal is not meant for it
            )
        child = self._child
        wait_until(lambda: child.poll() is not None or self._is_ready(), START_TIMEOUT_S)
        return self._is_ready()

    def _is_ready(self) -> bool:
        try:
            status = (self.data_dir / "postmaster.pid").read_text().split("\n")
        except OSError:
            return False
        return len(status) > 7 and status[7].strip() in READY and self.is_running()

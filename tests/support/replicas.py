"""A primary and its standby, both embedded PostgreSQL servers: replicated by streaming, promoted by hand.

The steps are those of the PostgreSQL documentation, 26.2 (log-shipping standby servers) and 26.3 (failover).
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from launcher.postgres import EmbeddedPostgres
from launcher.postgres_create import HERE
from launcher.postgres_programs import binary
from launcher.postgres_roles import SUPERUSER, SUPERUSER_PASSWORD
from launcher.powers import as_owner_of, bare_environment, give_away
from launcher.process import free_port, wait_until

READ_WRITE = "target_session_attrs=read-write"
WITHIN_S = 60.0
Row = tuple[object, ...]


@contextmanager
def standby_of(primary: EmbeddedPostgres, folder: Path, *, synchronous: bool) -> Iterator[EmbeddedPostgres]:
    """A running standby that has caught up. `synchronous`: the primary answers no COMMIT before the standby has it."""
    standby = copy_of(primary, folder)
    try:
        standby.start()
        follow(primary, synchronous=synchronous)
        yield standby
    finally:
        standby.stop("immediate")


def copy_of(primary: EmbeddedPostgres, folder: Path, *, port: int | None = None) -> EmbeddedPostgres:
    """A standby's new data folder, made by pg_basebackup from a running primary, in the place of what is there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    # The server sends all files of its folder, so it has to be able to read all of them.
    give_away(folder, *[path for path in primary.data_dir.iterdir() if path.is_file()])
    address = f"host=127.0.0.1 port={primary.port} user={SUPERUSER} application_name=standby"
    options = ["--write-recovery-conf", "--checkpoint=fast", "--wal-method=stream"]
    run(folder, ["pg_basebackup", "--pgdata", HERE, "--dbname", address, *options], _password(primary))
    return EmbeddedPostgres(folder, port=port or free_port())


def follow(primary: EmbeddedPostgres, *, synchronous: bool) -> None:
    """Wait until a standby streams; then, if so wanted, make every COMMIT wait for it."""
    streams = "SELECT count(*) = 1 FROM pg_stat_replication WHERE state = 'streaming'"
    assert wait_until(lambda: ask(primary, streams) == [(True,)], WITHIN_S), "the standby does not follow"
    if synchronous:
        configure(primary, "synchronous_standby_names", "*")
        counts = "SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'"
        assert wait_until(lambda: ask(primary, counts) == [(True,)], WITHIN_S)


def kill(server: EmbeddedPostgres) -> None:
    """As when its machine loses power: the postmaster and all that it started, at once."""
    pid = server.pid
    assert pid is not None
    family = [pid, *_children(pid)]
    for each in family:
        try:
            os.kill(each, signal.SIGKILL)
        except ProcessLookupError:
            continue
    assert wait_until(lambda: not server.is_running(), WITHIN_S)


def promote(standby: EmbeddedPostgres) -> None:
    """`pg_ctl promote`: returns when the standby takes writes."""
    run(standby.data_dir, ["pg_ctl", "promote", "--pgdata", HERE, "--wait", "--silent"])


def configure(server: EmbeddedPostgres, name: str, value: str) -> None:
    """ALTER SYSTEM and reload; an empty value is the server's own."""
    change = f"SET {name} = '{value}'" if value else f"RESET {name}"
    ask(server, f"ALTER SYSTEM {change}")
    ask(server, "SELECT pg_reload_conf()")


def ask(server: EmbeddedPostgres, statement: str) -> list[Row]:
    """What the server answers its superuser."""
    with psycopg.connect(
        host="127.0.0.1",
        port=server.port,
        user=SUPERUSER,
        password=_password(server),
        dbname="postgres",
        autocommit=True,
        connect_timeout=10,
    ) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def url_of_both(url: str, *servers: EmbeddedPostgres) -> str:
    """The URL of a database, wherever of these servers takes writes."""
    parts = urlsplit(url)
    places = ",".join(f"127.0.0.1:{server.port}" for server in servers)
    return parts._replace(netloc=f"{parts.username}:{parts.password}@{places}", query=READ_WRITE).geturl()


def run(folder: Path, command: list[str], password: str = "") -> None:
    """One of PostgreSQL's programs, in a data folder and as its owner."""
    program, *arguments = command
    done = subprocess.run(
        as_owner_of(folder, [binary(program), *arguments]),
        cwd=folder,
        env=bare_environment() | {"PGPASSWORD": password},
        capture_output=True,
        text=True,
        check=False,
        timeout=WITHIN_S,
    )
    assert done.returncode == 0, done.stderr


def _password(server: EmbeddedPostgres) -> str:
    return (server.data_dir / SUPERUSER_PASSWORD).read_text().strip()


def _children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()]

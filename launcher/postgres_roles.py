"""Who may do what in an embedded PostgreSQL: its superuser makes the rest, and the gateway comes as an ordinary role.

That role owns its database and everything in it, and nothing else: no other database, no role, no file of the server.
A server of an earlier version, on which the gateway was the superuser, is brought to this on its next start. Each step
may be interrupted; the next start goes on. The gateway's role is let in last.
"""

import os
import secrets
from pathlib import Path

import psycopg
from psycopg import sql

SUPERUSER, ROLE, DATABASE = "postgres", "gateway", "gateway"
SUPERUSER_PASSWORD, PASSWORD = "postgres.password", "gateway.password"
"""The files in the data folder that hold the two roles' passwords."""
HELPER = "gateway_rename"
"""The role that renames the others, because no role can rename itself."""
ORDINARY = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
FOR_TESTS = ("pg_checkpoint", "pg_signal_backend", "pg_signal_autovacuum_worker")
OWN_ALL = """
DO $$
DECLARE thing text;
BEGIN
    FOR thing IN
        SELECT format('TABLE %s', c.oid::regclass) FROM pg_class AS c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
            AND NOT EXISTS (
                SELECT FROM pg_depend AS d
                WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')
                    AND c.relkind = 'S'
            )
        UNION ALL
        SELECT format('ROUTINE %s', p.oid::regprocedure) FROM pg_proc AS p
        WHERE p.pronamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('ALTER %s OWNER TO gateway', thing);
    END LOOP;
END $$
"""
"""Sequences of identity columns follow their tables."""
Connection = psycopg.Connection[tuple[object, ...]]


def new_password() -> str:
    return secrets.token_urlsafe(24)


def write_private(path: Path, text: str) -> None:
    """Writes a file whole or not at all, readable by its owner alone."""
    partial = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    partial.replace(path)


class Roles:
    """Makes and repairs the roles of the server over a data folder that listens on a port of this machine."""

    def __init__(self, data_dir: Path, port: int) -> None:
        self._data_dir = data_dir
        self._port = port

    def url(self, database: str = DATABASE) -> str:
        """Returns the URL with which the gateway connects."""
        return f"postgresql://{ROLE}:{self._read(PASSWORD)}@127.0.0.1:{self._port}/{database}"

    def ensure(self) -> None:
        """The role and its database, made or mended where they are not as they should be."""
        if self._is_ordinary():
            return
        self._make_superuser()
        with self._connect(SUPERUSER, "postgres") as connection:
            connection.execute(f"DROP ROLE IF EXISTS {HELPER}")
            if not _exists(connection, "pg_roles", "rolname", ROLE):
                connection.execute(f"CREATE ROLE {ROLE} NOLOGIN")
            if _exists(connection, "pg_database", "datname", DATABASE):
                connection.execute(f"ALTER DATABASE {DATABASE} OWNER TO {ROLE}")
            else:
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")
            with self._connect(SUPERUSER, DATABASE) as inside:
                inside.execute(OWN_ALL)
            if self._read(PASSWORD) in ("", self._read(SUPERUSER_PASSWORD)):
                write_private(self._data_dir / PASSWORD, new_password())
            _let_in(connection, ROLE, ORDINARY, self._read(PASSWORD))

    def allow_test_databases(self) -> None:
        """For tests and benchmarks, which make databases beside the gateway's and look after them.

        They connect thousands of times: their password, which is drawn at random, is not stretched.
        """
        with self._connect(SUPERUSER, "postgres") as connection:
            connection.execute("SET scram_iterations = 1")
            _let_in(connection, ROLE, "LOGIN", self._read(PASSWORD))
            connection.execute(f"ALTER ROLE {ROLE} CREATEDB")
            connection.execute(f"GRANT {', '.join(FOR_TESTS)} TO {ROLE}".encode())

    def _is_ordinary(self) -> bool:
        """Whether the role comes in, and is no superuser: then everything is done."""
        if not self._read(PASSWORD):
            return False
        try:
            with self._connect(ROLE, DATABASE) as connection:
                query = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
                return connection.execute(query).fetchone() == (False,)
        except psycopg.OperationalError:
            return False

    def _make_superuser(self) -> None:
        """On a server of an earlier version the gateway's role becomes what it was: the superuser."""
        if not self._read(SUPERUSER_PASSWORD):
            write_private(self._data_dir / SUPERUSER_PASSWORD, self._read(PASSWORD))
        try:
            self._connect(SUPERUSER, "postgres").close()
        except psycopg.OperationalError:
            password = self._read(SUPERUSER_PASSWORD)
            with self._connect(ROLE, "postgres", password) as connection:
                if not _exists(connection, "pg_roles", "rolname", HELPER):
                    connection.execute(f"CREATE ROLE {HELPER}")
                _let_in(connection, HELPER, "LOGIN SUPERUSER", password)
            with self._connect(HELPER, "postgres", password) as connection:
                connection.execute(f"ALTER ROLE {ROLE} RENAME TO {SUPERUSER}")

    def _connect(self, role: str, database: str, password: str = "") -> Connection:
        file = PASSWORD if role == ROLE else SUPERUSER_PASSWORD
        return psycopg.connect(
            host="127.0.0.1",
            port=self._port,
            user=role,
            password=password or self._read(file),
            dbname=database,
            autocommit=True,
            connect_timeout=10,
        )

    def _read(self, name: str) -> str:
        path = self._data_dir / name
        return path.read_text().strip() if path.is_file() else ""


def _let_in(connection: Connection, role: str, rights: str, password: str) -> None:
    """The server is told a digest: its log may have the statement."""
    digest = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    statement = sql.SQL("ALTER ROLE {} WITH " + rights + " PASSWORD {}")
    connection.execute(statement.format(sql.Identifier(role), sql.Literal(digest)))


def _exists(connection: Connection, table: str, column: str, name: str) -> bool:
    query = sql.SQL("SELECT 1 FROM {} WHERE {} = %s").format(sql.Identifier(table), sql.Identifier(column))
    return connection.execute(query, [name]).fetchone() is not None

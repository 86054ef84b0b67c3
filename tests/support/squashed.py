"""The schema to which a row of migrations comes, as SQL: what a squashed migration makes at once in a new database.

`python -m tests.support.squashed LAST FILE.sql` writes what the migrations up to LAST make, on servers of its own.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from launcher.commands import set_up_django
from launcher.postgres_programs import binary
from launcher.stack import running_stack

DUMP = ("--schema-only", "--no-owner", "--no-privileges")
OF_OTHERS = ("auth_*", "axes_*", "django_*")
MONTHS = "*_2[0-9][0-9][0-9]_[0-9][0-9]"
"""Partitions, which are made as time goes."""
BY_VERSION = re.compile(r"CREATE FUNCTION metering_moment\(.*?;\n", re.DOTALL)
"""Migration 0014 writes it as the server's version can."""
SESSION = re.compile(
    r"^(--|-- (Name:|Dumped|PostgreSQL database dump).*|SET .*|SELECT pg_catalog\.set_config.*|\\.*)\n",
    re.MULTILINE,
)
"""Comments and settings of pg_dump, and lines for psql."""
EMPTY_LINES = re.compile(r"\n{3,}")


def migrate_singly(last: str) -> None:
    """Apply the migrations up to this one, and none that replaces several, to the database that Django knows."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor
    from django.db.migrations.loader import MigrationLoader

    executor = MigrationExecutor(connection)
    executor.loader = MigrationLoader(connection, replace_migrations=False)
    executor.migrate([("metering", last)])


def schema_of(database_url: str) -> str:
    """Of the metering tables of a database, without schema names."""
    without = [f"--exclude-table={names}" for names in (*OF_OTHERS, MONTHS)]
    command = [binary("pg_dump"), *DUMP, *without, f"--dbname={database_url}"]
    dump = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    sql = BY_VERSION.sub("", SESSION.sub("", dump).replace("public.", ""))
    return EMPTY_LINES.sub("\n\n", sql).strip() + "\n"


def write(last: str, file: Path) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        running_stack(Path(folder) / "state", for_tests=True) as stack,
    ):
        set_up_django(stack)
        migrate_singly(last)
        file.write_text(schema_of(stack.database_url))


if __name__ == "__main__":
    write(sys.argv[1], Path(sys.argv[2]))

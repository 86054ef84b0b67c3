"""What the database of a release was: its tables, and in them a few calls of each kind; kept in fixtures/releases.

`python -m tests.support.released FILE.sql.gz` records that of the version in this folder, on servers of its own.
"""

import asyncio
import gzip
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg

from launcher.commands import migrate, run, run_json, set_up_django
from launcher.postgres_programs import binary
from launcher.stack import running_stack

FOLDER = Path(__file__).parents[2] / "fixtures" / "releases"
DUMP = ("--no-owner", "--no-privileges", "--rows-per-insert=100", "--quote-all-identifiers")
META = b"\\"
"""How lines begin that are for psql alone."""


def restore(release: str, url: str) -> None:
    """Bring a release's database into an empty one."""
    dump = gzip.decompress((FOLDER / f"{release}.sql.gz").read_bytes())
    statements = b"\n".join(line for line in dump.splitlines() if not line.startswith(META))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statements)


def record(file: Path) -> None:
    """A tenant with a budget on the demo's catalog, and calls that are settled, held, released and expired."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_stack(Path(folder) / "state", for_tests=True) as stack,
    ):
        set_up_django(stack)
        migrate(stack)
        run("load_catalog", str(FOLDER.parent / "demo" / "catalog.yaml"))
        run_json("create_tenant", "--slug", "alder", "--name", "Alder")
        run_json(
            "set_budget", "--tenant", "alder", "--dimension", "cost", "--window", "month", "--amount", "9"
        )
        asyncio.run(_make_calls(stack.database_url))
        command = [binary("pg_dump"), *DUMP, f"--dbname={stack.database_url}"]
        dump = subprocess.run(command, check=True, capture_output=True).stdout
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(gzip.compress(dump, mtime=0))


async def _make_calls(database: str) -> None:
    from metering.ledger.sweep import sweep_reservations
    from metering.ledger.writer import LedgerWriter
    from metering.types import Dimension
    from tests.support.build import line, meter_key, release, reserve, settle

    ledger = LedgerWriter(database)
    await ledger.start()
    tokens = line(meter_key(Dimension.TOKENS, subject_id="tokens"), 100, 10_000)
    try:
        kept, freed, late = (reserve(tokens, lease_s=lease_s) for lease_s in (86_400, 60, 1))
        for hold in (kept, freed, late):
            await ledger.submit(hold)
        await ledger.submit(release(freed.reservation_id))
        for used in (10, 90):
            hold = reserve(tokens)
            await ledger.submit(hold)
            await ledger.submit(settle(hold.reservation_id, used))
    finally:
        await ledger.close()
    await asyncio.sleep(1.5)
    await sweep_reservations(database)


if __name__ == "__main__":
    record(Path(sys.argv[1]))

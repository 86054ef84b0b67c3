"""A backup that is made while calls run is a ledger of one moment: restored elsewhere, its books balance."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.postgres import EmbeddedPostgres
from launcher.postgres_programs import binary
from tests.faults.callers import Callers
from tests.faults.databases import create_database, drop_database
from tests.faults.deployment import Deployment, running_deployment
from tests.faults.load import Load
from tests.faults.rows import assert_the_ledger_balances, query, sweep_once
from tests.faults.waiting import until_leases_are_over

LEASE_S = 2
ENOUGH = 50
WITHIN_S = 60
SETTLED = "SELECT id FROM metering_usagereservation WHERE state = 1"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
def deployment(database: str, tmp_path: Path) -> Iterator[Deployment]:
    with running_deployment(
        database, tmp_path, places=2, environment={"RESERVATION_LEASE_S": str(LEASE_S)}
    ) as deployment:
        yield deployment


@pytest.fixture
def elsewhere(doomed_server: EmbeddedPostgres) -> Iterator[str]:
    """An empty database on another server."""
    url = create_database(doomed_server.url, "restored", like="template0")
    yield url
    drop_database(url)


def run(program: str, *arguments: str) -> None:
    done = subprocess.run(
        [binary(program), *arguments], capture_output=True, text=True, check=False, timeout=WITHIN_S
    )
    assert done.returncode == 0, done.stderr


async def test_a_backup_made_under_load_is_restored_with_books_that_balance(
    deployment: Deployment, crowd: Callers, elsewhere: str, tmp_path: Path
) -> None:
    load = Load(deployment, crowd, deployment.tenant(dimension="cost", window="month", amount=1_000))
    running = asyncio.create_task(load.run())
    await load.answered(more=ENOUGH)
    before = set(query(deployment.database, SETTLED))
    backup = str(tmp_path / "gateway.dump")
    await asyncio.to_thread(
        run, "pg_dump", "--format=custom", f"--file={backup}", f"--dbname={deployment.database}"
    )
    await load.answered(more=ENOUGH)
    load.over.set()
    await asyncio.wait_for(running, WITHIN_S)
    await asyncio.to_thread(
        run, "pg_restore", "--no-owner", "--exit-on-error", f"--dbname={elsewhere}", backup
    )

    # Calls that ran at that moment are held; their processes know nothing of this copy, so the sweeper ends them.
    await until_leases_are_over(elsewhere)
    await sweep_once(elsewhere)
    assert_the_ledger_balances(elsewhere, grace_s=0)
    restored, after = set(query(elsewhere, SETTLED)), set(query(deployment.database, SETTLED))
    assert before <= restored < after

"""The ledger's process is killed, frozen or orphaned: every command is carried out once, and nobody waits for ever."""

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway_project.ledger_process import PROGRAM
from launcher.configuration import REPOSITORY
from metering.errors import InvalidRequest, MeteringUnavailable
from metering.ledger.apart.client import LedgerProcess
from metering.ledger.results import Ended, Granted
from metering.types import Dimension
from tests.faults.rows import MeterRow, assert_the_ledger_balances, counts, meter_row, query
from tests.faults.waiting import until
from tests.support.build import line, meter_key, reserve, settle

HOT = meter_key(Dimension.TOKENS, subject_id="hot")
LIMIT = 10**9
CALLERS, CALLS = 40, 10
KILLS = 4
WITHIN_S = 30.0
STORY_S = 0.3
PATIENCE_S = 2.0
pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
DICE = random.Random(16)


@asynccontextmanager
async def apart(database: str, *, deadline_s: float = WITHIN_S) -> AsyncIterator[LedgerProcess]:
    ledger = LedgerProcess(
        PROGRAM,
        database,
        environment=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        deadline_s=deadline_s,
    )
    await ledger.start()
    try:
        yield ledger
    finally:
        await ledger.close()


async def one_call(ledger: LedgerProcess, used: int = 7) -> None:
    hold = reserve(line(HOT, 10, LIMIT))
    assert isinstance(await ledger.submit(hold), Granted)
    await asyncio.sleep(DICE.uniform(0, STORY_S))
    assert isinstance(await ledger.submit(settle(hold.reservation_id, used)), Ended)


async def calls(ledger: LedgerProcess) -> None:
    for _ in range(CALLS):
        await one_call(ledger)


async def killed_again_and_again(ledger: LedgerProcess) -> None:
    killed: set[int | None] = {None}
    for _ in range(KILLS):
        await until(lambda: ledger.is_reachable and ledger.pid not in killed, within_s=WITHIN_S)
        await asyncio.sleep(DICE.uniform(0, 0.1))
        assert ledger.pid is not None
        os.kill(ledger.pid, signal.SIGKILL)
        killed.add(ledger.pid)


async def test_every_command_is_carried_out_once_however_often_the_process_is_killed(database: str) -> None:
    async with apart(database) as ledger:
        await asyncio.gather(*[calls(ledger) for _ in range(CALLERS)], killed_again_and_again(ledger))
    assert meter_row(database, HOT) == MeterRow(CALLERS * CALLS * 7, 0, 0, 0, LIMIT)
    assert counts(database)[2] == CALLERS * CALLS
    assert_the_ledger_balances(database)


async def test_nobody_waits_for_a_frozen_process_longer_than_the_deadline_and_then_another_one_serves(
    database: str,
) -> None:
    async with apart(database, deadline_s=PATIENCE_S) as ledger:
        await one_call(ledger)
        frozen = ledger.pid
        assert frozen is not None
        os.kill(frozen, signal.SIGSTOP)
        began = time.monotonic()
        with pytest.raises(MeteringUnavailable):
            await ledger.submit(reserve(line(HOT, 10, LIMIT)))
        assert PATIENCE_S <= time.monotonic() - began < 3 * PATIENCE_S
        await until(lambda: ledger.pid not in (None, frozen), within_s=WITHIN_S)
        await one_call(ledger)
        assert not ledger.waiting


async def test_what_was_sent_before_the_server_was_killed_is_carried_out_and_the_process_ends(
    database: str,
) -> None:
    program = (
        "import asyncio, os, sys\n"
        "from tests.faults.test_ledger_process import HOT, LIMIT, apart\n"
        "from tests.support.build import line, reserve\n"
        "async def main():\n"
        "    async with apart(sys.argv[1]) as ledger:\n"
        "        sent = [asyncio.create_task(ledger.submit(reserve(line(HOT, 10, LIMIT)))) for _ in range(200)]\n"
        "        await asyncio.sleep(0)\n"
        "        await asyncio.sleep(0)\n"
        "        print(ledger.pid, flush=True)\n"
        "        os.kill(os.getpid(), 9)\n"
        "asyncio.run(main())\n"
    )
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, database, stdout=asyncio.subprocess.PIPE, cwd=REPOSITORY
    )
    assert server.stdout is not None
    pid = int(await server.stdout.readline())
    assert await server.wait() == -signal.SIGKILL
    await until(lambda: not is_running(pid), within_s=WITHIN_S)
    assert counts(database)[0] == 200
    assert meter_row(database, HOT).held == 200 * 10


def is_running(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def command_line(pid: int | None) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()


async def test_signals_to_the_whole_group_leave_it_to_the_server_to_end_its_process(database: str) -> None:
    async with apart(database) as ledger:
        await one_call(ledger)
        pid = ledger.pid
        assert pid is not None
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(pid, each)
        await one_call(ledger)
        assert ledger.pid == pid
    assert not is_running(pid)


async def test_a_command_that_no_state_accepts_is_refused_and_its_neighbours_are_not(database: str) -> None:
    async with apart(database) as ledger:
        bad = reserve(line(HOT, 10, LIMIT), lease_s=10**9)
        answers = await asyncio.gather(
            one_call(ledger), ledger.submit(bad), one_call(ledger), return_exceptions=True
        )
        assert [type(each) for each in answers] == [type(None), InvalidRequest, type(None)]


async def test_the_database_is_told_to_nobody_who_lists_processes(database: str) -> None:
    async with apart(database) as ledger:
        await one_call(ledger)
        assert "postgresql://" not in command_line(ledger.pid)
        assert query(
            database, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'gateway-ledger'"
        )


async def test_whether_the_database_answers_is_known_here(database: str) -> None:
    async with apart(database) as ledger:
        await one_call(ledger)
        await until(lambda: ledger.is_reachable, within_s=WITHIN_S)
    async with apart("postgresql://nobody@127.0.0.1:1/nothing") as nowhere:
        late = asyncio.create_task(nowhere.submit(reserve(line(HOT, 10, LIMIT))))
        await asyncio.sleep(0.5)
        assert not nowhere.is_reachable
        late.cancel()
        await nowhere.close(deadline_s=1.0)

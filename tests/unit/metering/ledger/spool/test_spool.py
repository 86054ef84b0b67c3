"""A spool on a real disk, and the ledger in memory: what is acknowledged is told, once, whatever comes between."""

import asyncio
import os
import resource
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from metering.errors import MeteringUnavailable
from metering.ids import time_ms_of, uuid7
from metering.ledger.commands import Command, Release, Reserve
from metering.ledger.memory import MemoryLedger
from metering.ledger.results import Granted, Reason, Refused, Result
from metering.ledger.spool.frames import MAGIC, frames, read
from metering.ledger.spool.records import Begun
from metering.ledger.spool.replay_left import replay_left
from metering.ledger.spool.spool import Spool
from metering.ledger.spool.unseen import UnseenLedger
from metering.types import ReservationState
from tests.faults.waiting import until
from tests.unit.metering.ledger.spool.records import COST, release, reserve, settle

CAP = 10**6
DAY_MS = 86_400_000


class FarLedger:
    """The ledger in memory, which may be away, and takes no new ids that are older than a day."""

    def __init__(self) -> None:
        self.memory = MemoryLedger(now=lambda: datetime.now(UTC))
        self.is_away = True
        self.goes_away_after = 10**9
        """So many commands."""
        self.told: list[Command] = []

    async def submit(self, command: Command) -> Result:
        if self.is_away or len(self.told) >= self.goes_away_after:
            raise MeteringUnavailable("away")
        self.told.append(command)
        id_ = command.reservation_id
        is_old = time_ms_of(id_) < time_ms_of(uuid7()) - DAY_MS
        if isinstance(command, Reserve) and is_old and self.memory.state_of(id_) is None:
            return Refused(reservation_id=id_, reason=Reason.BAD_ID, state=None)
        return await self.memory.submit(command)

    @property
    def used(self) -> int:
        return self.memory.balance_of(COST)[0]


@pytest.fixture
def ledger() -> FarLedger:
    return FarLedger()


@asynccontextmanager
async def spool_in(folder: Path, ledger: FarLedger) -> AsyncIterator[Spool]:
    spool = Spool(folder, ledger)
    await spool.start()
    try:
        yield spool
    finally:
        await spool.close()


async def make_call(spool: Spool, cost: int = 4, *, cap: int = CAP) -> UUID:
    """Let in unseen, and ended."""
    id_, unseen = uuid7(), UnseenLedger(spool, cap_nano_usd=cap)
    assert isinstance(await unseen.submit(reserve(id_)), Granted)
    await unseen.submit(settle(id_, cost))
    return id_


async def until_told(spool: Spool) -> None:
    await until(lambda: not spool.waiting and not spool.unseen_nano_usd, within_s=20)


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def fill(spool: Spool) -> list[UUID]:
    """Let calls begin until there is no room for another one's end."""
    begun: list[UUID] = []
    while len(begun) < 1_000:
        command = reserve()
        try:
            await UnseenLedger(spool, cap_nano_usd=CAP).submit(command)
        except MeteringUnavailable:
            return begun
        begun.append(command.reservation_id)
    raise AssertionError("there is always room")


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_calls_are_told_once_when_the_ledger_is_back(tmp_path: Path, ledger: FarLedger) -> None:
    async with spool_in(tmp_path, ledger) as spool:
        ids = await asyncio.gather(*[make_call(spool, cost) for cost in (1, 2, 3)])
        assert (spool.waiting, spool.unseen_nano_usd, ledger.used) == (3, 6, 0)
        ledger.is_away = False
        await until_told(spool)
        assert spool.unseen_nano_usd == 0
    assert ledger.used == 6
    assert {ledger.memory.state_of(id_) for id_ in ids} == {ReservationState.SETTLED}
    assert files_in(tmp_path) == []


async def test_what_a_process_left_is_told_by_the_next_and_by_no_other(
    tmp_path: Path, ledger: FarLedger
) -> None:
    async with spool_in(tmp_path, ledger) as spool:
        await make_call(spool)
        unseen = UnseenLedger(spool, cap_nano_usd=CAP)
        await unseen.submit(reserve(running := uuid7()))
        async with spool_in(tmp_path, ledger) as beside:
            assert beside.waiting == 0
    ledger.is_away = False
    async with spool_in(tmp_path, ledger) as spool:
        assert (spool.waiting, spool.unseen_nano_usd) == (2, 14)
        await until_told(spool)
    assert ledger.used == 4
    assert ledger.memory.state_of(running) is ReservationState.HELD
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("commands", range(1, 6))
async def test_telling_that_is_cut_anywhere_is_done_again_and_books_once(
    commands: int, tmp_path: Path, ledger: FarLedger
) -> None:
    async with spool_in(tmp_path, ledger) as spool:
        for _ in range(3):
            await make_call(spool)
    ledger.is_away, ledger.goes_away_after = False, commands
    async with spool_in(tmp_path, ledger):
        await asyncio.sleep(0.05)
    ledger.goes_away_after = 10**9
    async with spool_in(tmp_path, ledger) as spool:
        await until_told(spool)
    assert ledger.used == 12


async def test_more_than_the_cap_is_refused_and_what_ended_counts_as_it_was(
    tmp_path: Path, ledger: FarLedger
) -> None:
    async with spool_in(tmp_path, ledger) as spool:
        await make_call(spool, 4, cap=16)
        await make_call(spool, 3, cap=16)
        with pytest.raises(MeteringUnavailable, match="open_cap"):
            await make_call(spool, cap=16)
        assert (spool.waiting, spool.unseen_nano_usd) == (2, 7)
        await make_call(spool, cap=17)


async def test_two_at_once_cannot_share_the_last_of_the_cap(tmp_path: Path, ledger: FarLedger) -> None:
    async with spool_in(tmp_path, ledger) as spool:
        told = await asyncio.gather(*[make_call(spool, cap=19) for _ in range(2)], return_exceptions=True)
    assert sorted(isinstance(each, MeteringUnavailable) for each in told) == [False, True]


async def test_a_full_disk_refuses_new_calls_and_loses_no_end_of_begun_ones(
    tmp_path: Path, ledger: FarLedger
) -> None:
    async with spool_in(tmp_path, ledger) as spool:
        [file] = files_in(tmp_path)
        with files_of_at_most(file.stat().st_size):
            unseen, begun = UnseenLedger(spool, cap_nano_usd=CAP), await fill(spool)
            assert begun
            for id_ in begun:
                await unseen.submit(settle(id_))
            known = uuid7()
            assert await spool.keep(settle(known))
        ledger.is_away = False
        await ledger.submit(reserve(known))
        await until_told(spool)
    assert ledger.used == 4 * (len(begun) + 1)


async def test_the_log_is_told_once_that_there_is_no_room_until_there_was_some_again(
    tmp_path: Path, ledger: FarLedger, caplog: pytest.LogCaptureFixture
) -> None:
    def times() -> int:
        return [each.message for each in caplog.records].count("spool.full")

    async with spool_in(tmp_path, ledger) as spool:
        [file] = files_in(tmp_path)
        with files_of_at_most(file.stat().st_size):
            begun = await fill(spool)
            assert [await fill(spool) for _ in range(3)] == [[]] * 3
            assert times() == 1
            for id_ in begun:
                await UnseenLedger(spool, cap_nano_usd=CAP).submit(release(id_))
            assert await fill(spool), "ends give back what was kept for them"
            assert times() == 2


async def test_without_a_folder_that_can_be_written_nothing_is_let_in_and_nothing_kept(
    tmp_path: Path, ledger: FarLedger
) -> None:
    (tmp_path / "spool").write_text("a file")
    async with spool_in(tmp_path / "spool", ledger) as spool:
        with pytest.raises(MeteringUnavailable):
            await make_call(spool)
        assert not await spool.keep(settle(uuid7()))


async def test_a_call_whose_caller_left_while_it_was_written_is_ended(
    tmp_path: Path, ledger: FarLedger
) -> None:
    async with spool_in(tmp_path, ledger) as spool:
        unseen = UnseenLedger(spool, cap_nano_usd=CAP)
        leaving = asyncio.create_task(unseen.submit(reserve()))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        ledger.is_away = False
        await until(lambda: bool(ledger.told), within_s=20)
        await until_told(spool)
    assert [type(command) for command in ledger.told] == [Release]


async def test_a_call_whose_reserve_was_carried_out_and_not_answered_is_booked_once(
    tmp_path: Path, ledger: FarLedger
) -> None:
    async with spool_in(tmp_path, ledger) as spool:
        id_ = await make_call(spool)
        assert isinstance(await ledger.memory.submit(reserve(id_)), Granted)
        ledger.is_away = False
        await until_told(spool)
    assert (ledger.used, ledger.memory.balance_of(COST)[1]) == (4, 0)


async def test_a_call_that_is_too_old_for_its_id_is_booked_once_under_another(
    tmp_path: Path, ledger: FarLedger
) -> None:
    old = uuid7(time_ms_of(uuid7()) - 3 * DAY_MS)
    async with spool_in(tmp_path, ledger) as spool:
        unseen = UnseenLedger(spool, cap_nano_usd=CAP)
        await unseen.submit(reserve(old))
        await unseen.submit(settle(old))
    ledger.is_away, ledger.goes_away_after = False, 2  # the ledger knows its beginning under the new id
    async with spool_in(tmp_path, ledger):
        await asyncio.sleep(0.05)
    ledger.goes_away_after = 10**9
    async with spool_in(tmp_path, ledger) as spool:
        await until_told(spool)
    assert ledger.used == 4


async def test_what_the_ledger_refuses_is_set_aside_and_holds_up_nothing(
    tmp_path: Path, ledger: FarLedger
) -> None:
    async with spool_in(tmp_path, ledger) as spool:
        assert await spool.keep(settle(lost := uuid7()))
        await make_call(spool)
        ledger.is_away = False
        await until_told(spool)
        assert spool.refused == 1
    [aside] = files_in(tmp_path)
    [record] = read(aside.read_bytes()).records
    assert (aside.suffix, record.settle) == (".refused", settle(lost))  # type: ignore[union-attr]
    assert ledger.used == 4


async def test_a_damaged_file_is_told_as_far_as_it_can_be_read_and_kept(
    tmp_path: Path, ledger: FarLedger
) -> None:
    async with spool_in(tmp_path, ledger) as spool:
        await make_call(spool)
        await make_call(spool)
    [path] = files_in(tmp_path)
    content = bytearray(path.read_bytes())
    whole = read(bytes(content))
    assert isinstance(whole.records[0], Begun)
    both = len(frames(1, whole.records[0]))
    content[len(MAGIC) : len(MAGIC) + both] = b"\xff" * both
    path.write_bytes(content)
    ledger.is_away = False
    async with spool_in(tmp_path, ledger) as spool:
        assert spool.damaged == 1
        await until_told(spool)
    assert ".damaged" in [each.suffix for each in files_in(tmp_path)]


async def test_a_file_that_cannot_be_opened_keeps_nobody_from_what_the_others_say(
    tmp_path: Path, ledger: FarLedger
) -> None:
    async with spool_in(tmp_path, ledger) as spool:
        await make_call(spool)
    for name in ("0.spool", "z.spool"):
        (tmp_path / name).mkdir()  # a file of another user's, to whoever is not root
    ledger.is_away = False
    done = await replay_left(tmp_path, ledger)
    assert (done.calls, done.unreadable, ledger.used) == (1, 2, 4)
    async with spool_in(tmp_path, ledger) as spool:
        assert (spool.waiting, spool.unreadable) == (0, 2)
        await make_call(spool)


async def test_a_file_that_a_killed_process_did_not_get_to_make_is_removed(
    tmp_path: Path, ledger: FarLedger
) -> None:
    for name, age_s in (("old.new", 120), ("being-made.new", 0)):
        (tmp_path / name).write_bytes(b"")
        os.utime(tmp_path / name, (time.time() - age_s,) * 2)
    async with spool_in(tmp_path, ledger):
        pass
    assert [path.name for path in files_in(tmp_path)] == ["being-made.new"]


async def test_it_is_private_and_says_nothing_of_who_asked_what(tmp_path: Path, ledger: FarLedger) -> None:
    async with spool_in(tmp_path / "spool", ledger) as spool:
        await make_call(spool)
        [file] = files_in(tmp_path / "spool")
        assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


async def test_a_release_of_a_call_that_never_began_is_not_written(tmp_path: Path, ledger: FarLedger) -> None:
    async with spool_in(tmp_path, ledger) as spool:
        await UnseenLedger(spool, cap_nano_usd=CAP).submit(release(uuid7()))
        assert spool.waiting == 0

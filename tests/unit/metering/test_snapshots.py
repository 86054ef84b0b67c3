import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import OperationalError

from metering.errors import InvalidCredential, MeteringUnavailable, Overloaded
from metering.ids import uuid7
from metering.orm import close_database_threads
from metering.snapshots import Snapshots
from metering.snapshots import snapshots as module
from metering.snapshots.changes import DEAF_AFTER_S, Changes

# The functions run on the database threads, which look after Django's connections.
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    yield
    close_database_threads()


class Source:
    def __init__(self) -> None:
        self.reads: list[str] = []
        self.now = 0.0
        self.gate = threading.Event()
        self.gate.set()

    def load(self, name: str) -> str:
        self.gate.wait(5)
        self.reads.append(name)
        if name == "broken":
            raise LookupError(name)
        if name == "away":
            raise OperationalError(name)
        if name.startswith("unknown"):
            raise InvalidCredential("unknown", param=name)
        return name.upper()


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def changes(source: Source) -> Changes:
    """Told by the test, at the source's time; deaf to begin with."""
    return Changes(clock=lambda: source.now)


async def test_a_deaf_process_trusts_an_answer_for_a_second(source: Source, changes: Changes) -> None:
    snapshots = Snapshots(source.load, changes=changes)
    assert [await snapshots.get("a", "a"), await snapshots.get("a", "a")] == ["A", "A"]
    assert source.reads == ["a"]
    source.now = 1.01
    await snapshots.get("a", "a")
    assert source.reads == ["a", "a"]


async def test_a_process_that_listens_trusts_it_until_a_change(source: Source, changes: Changes) -> None:
    snapshots = Snapshots(source.load, changes=changes)
    await snapshots.get("a", "a")
    source.now = 60
    changes.complete_up_to(59.9)
    await snapshots.get("a", "a")
    assert source.reads == ["a"]
    changes.tell(None)
    await snapshots.get("a", "a")
    assert source.reads == ["a", "a"]


async def test_a_process_that_goes_deaf_trusts_nothing_older_than_a_second(
    source: Source, changes: Changes
) -> None:
    snapshots = Snapshots(source.load, changes=changes)
    changes.complete_up_to(0)
    await snapshots.get("a", "a")
    source.now = 0.99
    await snapshots.get("a", "a")
    assert source.reads == ["a"]
    source.now = 1.0
    await snapshots.get("a", "a")
    assert source.reads == ["a", "a"]


async def test_a_change_of_one_tenant_drops_that_tenants_answers(source: Source, changes: Changes) -> None:
    tenants = {"A": uuid7(), "B": uuid7()}
    snapshots = Snapshots(source.load, changes=changes, tenant_of=lambda value: tenants[value])
    for name in "ab":
        await snapshots.get(name, name)
    changes.tell(frozenset([tenants["A"], uuid7()]))
    for name in "ab":
        await snapshots.get(name, name)
    assert source.reads == ["a", "b", "a"]


async def test_what_was_read_before_a_change_is_not_kept(source: Source, changes: Changes) -> None:
    snapshots = Snapshots(source.load, changes=changes)
    source.gate.clear()
    before = asyncio.create_task(snapshots.get("a", "a"))
    await asyncio.sleep(0.01)
    changes.tell(frozenset([uuid7()]))  # whose row is being read is not known yet
    after = asyncio.create_task(snapshots.get("a", "a"))
    await asyncio.sleep(0.01)
    source.gate.set()
    assert [await before, await after] == ["A", "A"]
    assert source.reads == ["a", "a"], "who asks after the change must not be given the read from before"
    await snapshots.get("a", "a")
    assert source.reads == ["a", "a"], "the second read was kept"


async def test_an_answer_ends_by_the_calendar(source: Source, changes: Changes) -> None:
    changes.complete_up_to(0)
    end = datetime(2026, 11, 20, 12, tzinfo=UTC)
    snapshots = Snapshots(source.load, changes=changes, until_of=lambda value: end)
    with time_machine.travel(end - timedelta(seconds=1), tick=False):
        await snapshots.get("a", "a")
        await snapshots.get("a", "a")
    assert source.reads == ["a"]
    with time_machine.travel(end, tick=False):
        await snapshots.get("a", "a")
    assert source.reads == ["a", "a"]


async def test_callers_that_miss_together_share_one_read(source: Source) -> None:
    snapshots = Snapshots(source.load)
    source.gate.clear()
    waiting = [asyncio.create_task(snapshots.get("a", "a")) for _ in range(20)]
    await asyncio.sleep(0.01)
    waiting[0].cancel()
    source.gate.set()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert answers[1:] == ["A"] * 19
    assert source.reads == ["a"]


async def test_errors_are_raised_and_not_kept(source: Source) -> None:
    snapshots = Snapshots(source.load)
    for _ in range(2):
        with pytest.raises(LookupError):
            await snapshots.get("broken", "broken")
    assert source.reads == ["broken", "broken"]


async def test_the_oldest_entries_make_room(source: Source) -> None:
    snapshots = Snapshots(source.load, max_entries=2)
    for name in "abca":
        await snapshots.get(name, name)
    assert source.reads == ["a", "b", "c", "a"]


async def test_clearing_forgets(source: Source) -> None:
    snapshots = Snapshots(source.load)
    await snapshots.get("a", "a")
    snapshots.clear()
    await snapshots.get("a", "a")
    assert len(source.reads) == 2


async def test_refusals_are_kept_for_a_while_and_dropped_by_any_change(
    source: Source, changes: Changes
) -> None:
    snapshots = Snapshots(source.load, changes=changes)
    changes.complete_up_to(0)

    async def refused() -> InvalidCredential:
        with pytest.raises(InvalidCredential) as caught:
            await snapshots.get("unknown", "unknown")
        return caught.value

    first, second = await refused(), await refused()
    assert source.reads == ["unknown"]
    assert second is not first
    assert (second.message, second.param) == (first.message, first.param)
    changes.tell(frozenset([uuid7()]))
    await refused()
    assert source.reads == ["unknown"] * 2
    changes.complete_up_to(100)
    source.now = 100
    await refused()
    assert source.reads == ["unknown"] * 3


async def test_a_flood_of_refusals_fills_no_memory_and_drives_nothing_out(
    source: Source, changes: Changes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_REFUSALS", 5)
    snapshots = Snapshots(source.load, changes=changes, max_entries=5)
    await snapshots.get("good", "good")
    for number in range(20):
        with pytest.raises(InvalidCredential):
            await snapshots.get(number, f"unknown-{number}")
    assert len(snapshots._refusals) == 5
    await snapshots.get("good", "good")
    assert source.reads.count("good") == 1


async def test_no_more_than_a_bound_wait_for_the_database(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_READS", 3)
    snapshots = Snapshots(source.load)
    source.gate.clear()
    waiting = [asyncio.create_task(snapshots.get(name, name)) for name in "abcde"]
    await asyncio.sleep(0.01)
    source.gate.set()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert answers[:3] == ["A", "B", "C"]
    assert [type(answer) for answer in answers[3:]] == [Overloaded, Overloaded]
    assert await snapshots.get("d", "d") == "D"


async def test_an_absent_database_is_said_so_and_not_remembered(source: Source) -> None:
    snapshots = Snapshots(source.load)
    for _ in range(2):
        with pytest.raises(MeteringUnavailable):
            await snapshots.get("away", "away")
    assert source.reads == ["away", "away"]


async def test_what_was_last_known_is_told_for_an_hour_after_the_database_was_heard_last(
    source: Source, changes: Changes
) -> None:
    snapshots = Snapshots(source.load, changes=changes)
    await snapshots.get("a", "a")
    changes.complete_up_to(600)
    source.now = 600 + module.LAST_KNOWN_S
    assert (snapshots.peek("a"), snapshots.last_known("a"), list(snapshots.all_last_known())) == (
        None,
        "A",
        ["A"],
    )
    assert snapshots.last_known("b") is None
    source.now += 2
    assert snapshots.last_known("a") is None
    assert source.reads == ["a"]


async def test_what_has_changed_or_ended_by_the_calendar_is_not_last_known(
    source: Source, changes: Changes
) -> None:
    end = datetime.now(UTC) + timedelta(minutes=5)
    ending = Snapshots(source.load, changes=changes, until_of=lambda value: end)
    changing = Snapshots(source.load, changes=changes)
    for snapshots in (ending, changing):
        await snapshots.get("a", "a")
        assert snapshots.last_known("a") == "A"
    with time_machine.travel(end, tick=False):
        assert ending.last_known("a") is None
    changes.tell(None)
    assert changing.last_known("a") is None


async def test_a_database_that_fell_silent_is_not_waited_for_without_end(
    source: Source, changes: Changes
) -> None:
    snapshots = Snapshots(source.load, changes=changes, silent_s=0.05)
    changes.complete_up_to(source.now)
    assert await snapshots.get("a", "a") == "A"
    source.now += DEAF_AFTER_S + 1
    source.gate.clear()
    waiting = asyncio.create_task(snapshots.get("a", "a"))
    await asyncio.sleep(0)
    source.now += 1
    with pytest.raises(MeteringUnavailable, match="does not answer"):
        await waiting
    with pytest.raises(MeteringUnavailable):  # who comes later does not wait as long again
        await snapshots.get("a", "a")
    source.gate.set()
    assert await snapshots.get("b", "b") == "B"


async def test_a_slow_database_that_is_heard_is_waited_for(source: Source, changes: Changes) -> None:
    snapshots = Snapshots(source.load, changes=changes, silent_s=0.01)
    assert await snapshots.get("a", "a") == "A"
    source.now += DEAF_AFTER_S + 1
    changes.complete_up_to(source.now)
    snapshots.clear()
    source.gate.clear()
    waiting = asyncio.create_task(snapshots.get("a", "a"))
    await asyncio.sleep(0.05)
    source.gate.set()
    assert await waiting == "A"

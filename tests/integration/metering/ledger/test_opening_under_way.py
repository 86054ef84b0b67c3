"""A meter that opens while calls are under way: whatever they use in the end is on it, once."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from time import monotonic

import psycopg
import pytest
from msgspec.structs import replace

from metering.amounts import Amounts
from metering.errors import MeteringUnavailable
from metering.ledger import batch_connection, writer
from metering.ledger.audit import verify_ledger
from metering.ledger.commands import HoldLine, MeterKey, Reserve
from metering.ledger.postgres.opening import lock_of
from metering.ledger.recount import recount_meters
from metering.ledger.results import Granted, Refused
from metering.ledger.writer import LedgerWriter
from metering.types import Dimension, Window
from tests.integration.metering.ledger import stored
from tests.support import build

LABELS = replace(
    build.LABELS,
    agent_id="helper",
    tags=("cost-centre=7", "project=apollo"),
    conversation_id="talk-7",
    provider_name="first",
)
SUBJECTS = pytest.mark.parametrize(
    "subject",
    [
        {"subject_type": "agent", "subject_id": "helper"},
        {"subject_type": "tag", "subject_id": "project=apollo"},
        {"subject_type": "conversation", "subject_id": "talk-7"},
    ],
    ids=["agent", "tag", "conversation"],
)
LOOKING = """
SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FROM metering_openingentry%'
"""


def key_of(dimension: Dimension = Dimension.OUTPUT_TOKENS, **facts: object) -> MeterKey:
    return build.meter_key(dimension, Window.DAY, **{"subject_id": "helper", **facts})


def late(key: MeterKey, amount: int = 1, limit: int = 100) -> HoldLine:
    """The line of a limit that was made just now."""
    return build.line(key, amount, limit, counts_since=datetime.now(UTC))


def call(*lines: HoldLine, bound: Amounts | None = None) -> Reserve:
    return build.reserve(*lines, labels=LABELS, bound=bound or Amounts(output_tokens=10))


async def count_again_now(database: psycopg.Connection, conninfo: str) -> None:
    """As the sweeper does ten seconds after the opening."""
    database.execute("UPDATE metering_meterrecount SET due_at = now()")
    await recount_meters(conninfo)


@SUBJECTS
async def test_a_call_under_way_that_was_to_use_nothing_counts_what_it_uses_after_all(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str, subject: dict[str, str]
) -> None:
    slow = call(bound=Amounts())
    await ledger.submit(slow)
    key = key_of(**subject)
    opener = call(late(key))
    assert isinstance(await ledger.submit(opener), Granted)
    await count_again_now(database, conninfo)
    await ledger.submit(build.settle(slow.reservation_id, 7))
    await recount_meters(conninfo)
    assert stored.meter_row(database, key)["used"] == 7
    assert verify_ledger(conninfo) == []


async def test_a_call_under_way_that_moved_to_another_vendor_counts_on_that_vendors_meter(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    slow = call()
    await ledger.submit(slow)
    key = replace(key_of(), subject_type="provider", subject_id="second", tenant_id=None)
    assert isinstance(await ledger.submit(call(late(key))), Granted)
    await count_again_now(database, conninfo)
    moved = replace(build.attempt(1, output_tokens=7), provider_name="second")
    await ledger.submit(build.settle(slow.reservation_id, attempts=(moved,)))
    await recount_meters(conninfo)
    assert stored.meter_row(database, key)["used"] == 7
    assert verify_ledger(conninfo) == []


@SUBJECTS
async def test_a_correction_counts_again_only_the_meters_of_its_call(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str, subject: dict[str, str]
) -> None:
    before = call()
    await ledger.submit(before)
    await ledger.submit(build.settle(before.reservation_id, 7))
    key = key_of(**subject)
    other = replace(key, subject_id="project=other")
    await ledger.submit(call(late(key)))
    await ledger.submit(call(late(other)))
    await count_again_now(database, conninfo)
    await ledger.submit(build.adjust(before.reservation_id, 2))
    assert stored.count(database, "metering_meterrecount") == 1
    await recount_meters(conninfo)
    assert stored.meter_row(database, key)["used"] == 9
    assert verify_ledger(conninfo) == []


async def test_a_meter_that_is_counted_already_waits_for_nobody_who_counts_it_again(
    ledger: LedgerWriter, other: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    key = key_of()
    line = late(key)
    await ledger.submit(call(line))
    with psycopg.connect(conninfo, autocommit=True) as counting:
        counting.execute("SELECT pg_advisory_lock(%s)", (lock_of(key),))
        async with asyncio.timeout(2):
            assert isinstance(await other.submit(call(line)), Granted)


@pytest.fixture
def long_opening(conninfo: str) -> Iterator[psycopg.Connection]:
    """As long as this transaction, nobody can look back."""
    with psycopg.connect(conninfo) as blocker:
        blocker.execute("LOCK TABLE metering_openingentry IN ACCESS EXCLUSIVE MODE")
        yield blocker


async def test_an_opening_that_takes_longer_than_a_try_of_its_batch_comes_to_its_end(
    ledger: LedgerWriter,
    database: psycopg.Connection,
    long_opening: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batch_connection, "BATCH_TIMEOUT_S", 0.3)
    before = call()
    await ledger.submit(before)
    await ledger.submit(build.settle(before.reservation_id, 7))
    waiting = asyncio.create_task(ledger.submit(call(late(key_of()))))
    looking = set()
    started = monotonic()
    while monotonic() < started + 1.5:
        looking.update(pid for (pid,) in database.execute(LOOKING).fetchall())
        await asyncio.sleep(0.1)
    long_opening.commit()
    assert isinstance(await waiting, Granted)
    assert len(looking) == 1, "nobody began anew"
    assert stored.meter_row(database, key_of())["used"] == 7


async def test_calls_that_need_no_late_meter_do_not_wait_for_those_that_do(
    ledger: LedgerWriter, database: psycopg.Connection, long_opening: psycopg.Connection
) -> None:
    need_it = []
    for _ in range(4):
        need_it.append(asyncio.create_task(ledger.submit(call(late(key_of())))))
        async with asyncio.timeout(2):
            need_not = [call(build.line(build.meter_key())) for _ in range(3)]
            answers = await asyncio.gather(*map(ledger.submit, need_not))
            answers += [await ledger.submit(build.settle(each.reservation_id, 1)) for each in need_not]
    assert not any(isinstance(answer, Refused) for answer in answers)
    assert not any(task.done() for task in need_it)
    assert ledger.waiting == 4
    long_opening.commit()
    assert all(isinstance(answer, Granted) for answer in await asyncio.gather(*need_it))
    assert stored.meter_row(database, key_of())["held"] == 4


async def test_a_call_waits_for_a_late_meter_no_longer_than_for_anything_else(
    ledger: LedgerWriter, long_opening: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "DEADLINE_S", 0.5)
    with pytest.raises(MeteringUnavailable):
        async with asyncio.timeout(5):
            await ledger.submit(call(late(key_of())))
    assert ledger.waiting == 0

"""Opening a meter in the middle of its window, or making it right again: with what was used before it counted.

Under the lock of the meter's key, on a connection of its own:

1. Calls in flight that are of the meter's subject are charged to it: it is added to their holds.
2. Without any lock on rows, the usage log is asked for what else was used in the window (metering/ledger/past.py).
3. The difference to what the meter has counted of that is an opening entry.

A meter is not used before its first opening is complete. Calls that a process admits before it hears of a limit come
between; so the count is repeated a little later, by the sweeper.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from msgspec import Struct
from psycopg import AsyncConnection

from metering.amounts import sql_of
from metering.ids import digest64
from metering.ledger.commands import MeterKey
from metering.ledger.engine.alert import raise_alerts
from metering.ledger.past import HEARD_AFTER, conditions_of, past_queries
from metering.ledger.postgres import sql_locked
from metering.ledger.postgres.connect import connect
from metering.ledger.postgres.read import read_meters
from metering.ledger.postgres.wire import Wire
from metering.ledger.postgres.write import statements_for
from metering.ledger.records import LARGEST_SUM, RELEASE_ON_EXPIRY, Meter
from metering.ledger.unit_of_work import UnitOfWork
from metering.types import Dimension

PAST_STAYS = digest64(b"metering.past_stays")
"""Advisory lock: shared while somebody looks back, exclusive while a month's rows are dropped."""
SETTINGS = {
    # A sum over a window of millions of rows, not a row by its key.
    "statement_timeout": "600s",
    "lock_timeout": "10s",
    "transaction_timeout": "0",
    "plan_cache_mode": "auto",
    "enable_seqscan": "on",
    "enable_hashjoin": "on",
    "enable_mergejoin": "on",
}
IN_FLIGHT = """
SELECT held.id, {amount} FROM metering_usagereservation held
WHERE held.state = 0 AND {conditions} AND NOT %s = ANY(held.meter_ids) AND metering_moment(held.id) >= %s
ORDER BY held.id FOR NO KEY UPDATE
"""
ATTACH = """
UPDATE metering_usagereservation held SET meter_ids = held.meter_ids || %s::bigint,
    amounts = held.amounts || new.amount, unenforced = held.unenforced || new.past, flags = held.flags || %s::smallint
FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[]) new (id, amount, past) WHERE held.id = new.id
"""
ENTRY = """
INSERT INTO metering_openingentry (meter_id, amount, past_limit, recorded_at) VALUES (%s, %s, %s, clock_timestamp())
"""
STATE = "SELECT counted_at >= %s, used = 0 AND held = 0 FROM metering_usagemeter WHERE id = %s"
OPENED = "SELECT coalesce(sum(amount), 0) FROM metering_openingentry WHERE meter_id = %s AND NOT of_dropped"
COMPLETE = """
UPDATE metering_usagemeter SET opened_late = true, counted_at = greatest(counted_at, clock_timestamp(), %s)
WHERE id = %s
"""
RECOUNT_LATER = (
    "INSERT INTO metering_meterrecount (meter_id, due_at) SELECT %s, %s WHERE %s > clock_timestamp()"
)


class Beside(TypedDict, total=False):
    """Which calls are on a meter already, as `past_queries` takes it."""

    meter_id: int
    without: list[UUID]


class Late(Struct, frozen=True, kw_only=True):
    """A meter that has to count what was used before it counted."""

    meter_id: int
    key: MeterKey
    start: datetime
    end: datetime | None
    counts_since: datetime
    limit: int
    """The highest of the limits that it is opened for: what is counted beyond it is unenforced."""
    release_on_expiry: bool
    is_new: bool = False
    """Nobody has used it yet."""
    again: bool = False
    """Also if it was counted since then."""


async def look_back(conninfo: str, meters: Sequence[Late]) -> None:
    """Count what these meters lack, one after the other. Raises psycopg.Error."""
    connection = await connect(conninfo)
    try:
        for name, value in SETTINGS.items():
            if name != "transaction_timeout" or connection.info.server_version >= 170_000:
                await connection.execute("SELECT set_config(%s, %s, false)", (name, value))
        wire = Wire(connection)
        for meter in meters:
            await _count_under_lock(wire, meter)
    finally:
        await connection.close()


def lock_of(key: MeterKey) -> int:
    """Return the advisory lock under which a key's meters are opened and counted."""
    return digest64(repr(subject_of(key)).encode())


def held_amount(dimension: Dimension) -> str:
    """Return SQL for what a reservation `held` holds on a meter of this dimension: 1 of requests and calls at once."""
    is_one = dimension in (Dimension.REQUESTS, Dimension.CONCURRENCY)
    return "1" if is_one else sql_of(dimension, "held")


def subject_of(key: MeterKey) -> tuple[str, ...]:
    """Return all of a key but its calendar."""
    return (
        key.subject_type, key.subject_id, str(key.tenant_id), key.dimension.value, key.window.value, key.task,
        key.model_class,
    )  # fmt: skip


async def _count_under_lock(wire: Wire, late: Late) -> None:
    connection = wire.connection
    lock = lock_of(late.key)
    await connection.execute("SELECT pg_advisory_lock(%s)", (lock,))
    try:
        await connection.execute("SELECT pg_advisory_lock_shared(%s)", (PAST_STAYS,))
        is_counted, is_untouched = await _state(connection, late)
        if is_counted and not late.again:
            return  # whoever had the lock has just done it
        async with connection.transaction():
            added = await _add_calls_in_flight(wire, late)
        # What is on a new meter is known: the calls that were added to it just now.
        beside: Beside = {"without": added} if late.is_new and is_untouched else {"meter_id": late.meter_id}
        amount = await _difference(connection, late, beside)
        async with connection.transaction():
            await _enter(wire, late, amount)
    finally:
        if not connection.closed:
            await connection.execute("SELECT pg_advisory_unlock_all()")


async def _state(connection: AsyncConnection, late: Late) -> tuple[bool, bool]:
    """Return whether the meter was counted since then, and whether nothing is on it."""
    cursor = await connection.execute(STATE, (late.counts_since, late.meter_id))
    [(is_counted, is_untouched)] = await cursor.fetchall()
    return is_counted, is_untouched


async def _add_calls_in_flight(wire: Wire, late: Late) -> list[UUID]:
    connection, key = wire.connection, late.key
    conditions, parameters = conditions_of(key, "held")
    text = IN_FLIGHT.format(amount=held_amount(key.dimension), conditions=conditions)
    # One that is on the meter of the window before stays there.
    cursor = await connection.execute(text, (*parameters, late.meter_id, late.start))
    found = await cursor.fetchall()
    if not found:
        return []
    work = await _lock_meter(connection, late.meter_id)
    meter = work.meters[late.meter_id]
    past = [_count(meter, held, late.limit) for _, held in found]
    meter.held += sum(held for _, held in found)
    flags = RELEASE_ON_EXPIRY if late.release_on_expiry else 0
    ids = [row[0] for row in found]
    await connection.execute(ATTACH, (late.meter_id, flags, ids, [row[1] for row in found], past))
    await _write(wire, work)
    return ids


async def _difference(connection: AsyncConnection, late: Late, beside: Beside) -> int:
    """Return what the log shows beside the meter, less what it has counted of that already."""
    if late.key.dimension is Dimension.CONCURRENCY:
        return 0
    total = 0
    for text, parameters in past_queries(late.key, late.start, late.end, **beside):
        total += await _number(connection, text, parameters)
    return total - await _number(connection, OPENED, [late.meter_id])


async def _enter(wire: Wire, late: Late, amount: int) -> None:
    connection = wire.connection
    if amount:
        work = await _lock_meter(connection, late.meter_id)
        meter = work.meters[late.meter_id]
        amount = min(amount, LARGEST_SUM - meter.used - meter.held)
        past = _count(meter, amount, late.limit)
        meter.used += amount
        await connection.execute(ENTRY, (late.meter_id, amount, past))
        await _write(wire, work)
    heard_at = late.counts_since + HEARD_AFTER
    await connection.execute(COMPLETE, (late.counts_since, late.meter_id))
    await connection.execute(RECOUNT_LATER, (late.meter_id, heard_at, heard_at))


def _count(meter: Meter, amount: int, limit: int) -> int:
    """Return how much of an amount that was never asked for goes past the limit."""
    meter.highest_limit = max(meter.highest_limit, limit)
    declared = meter.overrun + meter.unenforced + meter.uncovered
    room = meter.highest_limit + declared - meter.used - meter.held
    past = max(0, amount - max(0, room))
    meter.unenforced += past
    return past


async def _lock_meter(connection: AsyncConnection, meter_id: int) -> UnitOfWork:
    cursor = await connection.execute(sql_locked.CLOCK)
    [(moment,)] = await cursor.fetchall()
    cursor = await connection.execute(sql_locked.LOCK_AND_READ_METERS, ([meter_id],))
    locked = await cursor.fetchall()
    cursor = await connection.execute(sql_locked.READ_WATCHES, ([meter_id],))
    work = UnitOfWork(now=moment)
    read_meters(work, locked, await cursor.fetchall())
    return work


async def _write(wire: Wire, work: UnitOfWork) -> None:
    work.changed_meters.update(work.meters)
    raise_alerts(work)
    await wire.exchange(list(statements_for(work)))


async def _number(connection: AsyncConnection, text: str, parameters: Sequence[object]) -> int:
    cursor = await connection.execute(text, parameters)
    [(number,)] = await cursor.fetchall()
    return int(number)

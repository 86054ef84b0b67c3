"""A meter that opens while calls are under way: whatever they use in the end is on it, once."""

from datetime import UTC, datetime

import psycopg
from msgspec.structs import replace

from metering.ledger.audit import verify_ledger
from metering.ledger.commands import Bound, HoldLine, MeterKey, Reserve
from metering.ledger.recount import recount_meters
from metering.ledger.results import Granted
from metering.ledger.writer import LedgerWriter
from metering.types import Dimension, Window
from tests.integration.metering.ledger import kit

CONTEXT = replace(kit.CONTEXT, agent_id="helper", provider_name="first")


def key_of(dimension: Dimension = Dimension.OUTPUT_TOKENS, **facts: object) -> MeterKey:
    return kit.key(dimension, Window.DAY, subject_id="helper", **facts)


def late(key: MeterKey, amount: int = 1, limit: int = 100) -> HoldLine:
    """The line of a limit that was made just now."""
    return kit.line(key, amount, limit, counts_since=datetime.now(UTC))


def call(*lines: HoldLine, bound: Bound | None = None) -> Reserve:
    return kit.reserve(*lines, context=CONTEXT, bound=bound or Bound(output_tokens=10))


async def count_again_now(database: psycopg.Connection, conninfo: str) -> None:
    """As the sweeper does ten seconds after the opening."""
    database.execute("UPDATE metering_meterrecount SET due_at = now()")
    await recount_meters(conninfo)


async def test_a_call_under_way_that_was_to_use_nothing_counts_what_it_uses_after_all(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    slow = call(bound=Bound())
    await ledger.submit(slow)
    key = key_of()
    opener = call(late(key))
    assert isinstance(await ledger.submit(opener), Granted)
    await count_again_now(database, conninfo)
    await ledger.submit(kit.settle(slow.reservation_id, 7))
    await recount_meters(conninfo)
    assert kit.meter_row(database, key)["used"] == 7
    assert verify_ledger(conninfo) == []

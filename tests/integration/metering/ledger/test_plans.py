"""The ledger's statements find their rows by key, however small the tables were when they were planned first."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from metering.ledger.commands import MeterKey
from metering.ledger.past import past_queries
from metering.ledger.postgres import sql_inserts, sql_locked, sql_optimistic
from metering.ledger.postgres.connect import connect
from metering.ledger.postgres.wire import numbered
from metering.ledger.writer import LedgerWriter
from tests.integration.metering.ledger import stored
from tests.support import build

STATEMENTS = {
    "end holds": sql_optimistic.END_HOLDS,
    "lock meters": sql_optimistic.LOCK_METERS,
    "change meters": sql_optimistic.CHANGE_METERS,
    "insert new holds": sql_inserts.INSERT_NEW_HOLDS,
    "insert attempts": sql_inserts.INSERT_ATTEMPTS,
    "insert provisional attempts": sql_inserts.INSERT_PROVISIONAL,
    "insert alerts": sql_inserts.INSERT_ALERTS,
    "lock holds": sql_locked.LOCK_HOLDS,
    "update ends": sql_locked.UPDATE_ENDS,
    "update extended": sql_locked.UPDATE_EXTENDED,
    "update meters": sql_locked.UPDATE_METERS,
    "arm meters": sql_locked.ARM_METERS,
}
SCAN = re.compile(r"(?:Seq|Index|Index Only|Bitmap Index) Scan.*")
COPY_HOLDS = """
INSERT INTO metering_usagereservation
SELECT (jsonb_populate_record(old, jsonb_build_object('id', gen_random_uuid()))).*
FROM metering_usagereservation old, generate_series(1, %s) LIMIT %s
"""
BATCHES_BEFORE = 11
"""As many at most may be carried out as they were planned before."""
TUPLES_READ = """
SELECT coalesce(sum(idx_tup_read), 0) FROM pg_stat_user_indexes WHERE relname = 'metering_usagereservation'
"""


def copy_holds(database: psycopg.Connection, count: int) -> None:
    database.execute(COPY_HOLDS, (count, count))


async def plan_of(statement: str, conninfo: str) -> list[str]:
    """As the ledger's own connections make it."""
    async with await connect(conninfo) as connection:
        await connection.execute(b"PREPARE planned AS " + numbered(statement))
        cursor = await connection.execute(
            "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = 'planned'"
        )
        [(parameters,)] = await cursor.fetchall()
        explain = f"EXPLAIN EXECUTE planned({', '.join(['NULL'] * parameters)})"
        return [line for (line,) in await (await connection.execute(explain.encode())).fetchall()]


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
@pytest.mark.parametrize("holds", [0, 300])
async def test_each_scan_looks_up_primary_keys(
    statement: str, holds: int, ledger: LedgerWriter, conninfo: str, database: psycopg.Connection
) -> None:
    """Above all not the index of what is held: it would be walked for every batch, and it is long when calls hang."""
    if holds:
        for _ in range(5):
            await stored.held(ledger, *[build.line(build.meter_key()) for _ in range(60)])
        copy_holds(database, holds)
        database.execute("ANALYZE metering_usagereservation, metering_usagemeter")
    lines = await plan_of(statement, conninfo)

    scans = [place for place, line in enumerate(lines) if SCAN.search(line)]
    assert scans
    for place in scans:
        assert "_pkey" in lines[place], "\n".join(lines)
        assert re.search(r"Index Cond: \(id = ", lines[place + 1]), "\n".join(lines)


@pytest.mark.parametrize(
    "statement", [sql_inserts.INSERT_ATTEMPTS, sql_locked.ARM_METERS, sql_locked.KEEP_WATCHES]
)
def test_where_a_command_brings_many_rows_no_text_is_found_by_walking_to_it(statement: str) -> None:
    """A subscript walks over the texts before it: a thousand attempts of each of fifty calls would take seconds."""
    assert re.search(r"::(text|timestamptz)\[\]", statement)
    assert not re.search(r'(text|timestamptz)\[\]\)\[place\] AS "(?!started_at)', statement)


@pytest.mark.parametrize("table", ["reservation", "meter"])
async def test_rows_are_locked_in_order_of_id_before_anything_is_changed(table: str, conninfo: str) -> None:
    statement = {"reservation": sql_optimistic.END_HOLDS, "meter": sql_optimistic.LOCK_METERS}[table]

    lines = "\n".join(await plan_of(statement, conninfo))

    in_order = (
        rf"Sort.*\n\s*Sort Key: (metering_usage{table}\.)?id\n|Index Scan using metering_usage{table}_pkey"
    )
    assert re.search(rf"LockRows.*\n\s*->  ({in_order})", lines), lines
    if table == "reservation":
        assert re.search(r"->  Update on .*\n(.*\n)*?\s*One-Time Filter: ", lines), lines


async def test_what_was_planned_on_a_table_of_one_row_is_planned_again_when_it_has_grown(
    ledger: LedgerWriter, database: psycopg.Connection, meter: MeterKey
) -> None:
    """The statistics still say one row, so that only the table's size tells."""
    await stored.held(ledger, build.line(meter, 0))
    database.execute("ANALYZE metering_usagereservation, metering_usagemeter")
    for _ in range(5):
        await pair(ledger, meter)
    copy_holds(database, 20_000)
    [(before,)] = database.execute(TUPLES_READ).fetchall()
    for _ in range(100):
        await pair(ledger, meter)
    for _ in range(3):
        await asyncio.sleep(1.1)  # a session tells its counts once a second at most, at the end of a batch
        await asyncio.gather(pair(ledger, meter), pair(ledger, meter))

    [(read,)] = database.execute(TUPLES_READ).fetchall()
    assert 0 < read - before < BATCHES_BEFORE * 3 * 20_000


COPY_ATTEMPTS = """
INSERT INTO metering_usagelog
SELECT (jsonb_populate_record(old, jsonb_build_object('id', metering_made.id, 'tags',
    CASE WHEN n % 1000 = 0 THEN '["place=berlin", "project=apollo"]'::jsonb
         WHEN n % 3 = 0 THEN '["place=berlin"]' ELSE '[]' END))).*
FROM metering_usagelog old, generate_series(1, 20000) n,
    LATERAL (SELECT (left(old.id::text, 24) || lpad(to_hex(n), 12, '0'))::uuid AS id) metering_made
"""


async def test_a_tags_past_is_looked_for_by_the_index_of_tags(
    ledger: LedgerWriter, database: psycopg.Connection, meter: MeterKey
) -> None:
    [id_] = await stored.held(ledger, build.line(meter, 5))
    await ledger.submit(build.settle(id_, 5))
    database.execute(COPY_ATTEMPTS)
    database.execute("ANALYZE metering_usagelog")
    key = build.meter_key(subject_type="tag", subject_id="project=apollo")
    [attempts, _] = past_queries(key, datetime.now(UTC) - timedelta(days=1), None)

    lines = database.execute(f"EXPLAIN (ANALYZE, COSTS OFF) {attempts[0]}", attempts[1]).fetchall()

    told = "\n".join(line for (line,) in lines)
    assert re.search(r"Bitmap Index Scan on \S*tags\S* .*rows=20\b", told), told


async def pair(ledger: LedgerWriter, meter: MeterKey) -> None:
    [id_] = await stored.held(ledger, build.line(meter, 0))
    await ledger.submit(build.settle(id_))

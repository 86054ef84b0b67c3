"""Hostile text and odd numbers arrive in PostgreSQL as they were sent."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from metering.ids import uuid7
from metering.labels import Labels
from metering.ledger.postgres import table
from metering.ledger.postgres.table import INTEGER, Kind, column, rows, text_array
from metering.ledger.writer import LedgerWriter
from tests.integration.metering.ledger import stored
from tests.properties import thorough
from tests.support import build

HOSTILE = ['"', "\\", "\\\\", '\\"', "{", "}", "{}", ",", "NULL", "null", "", " ", "'", "$1", "%s", "\n", "\t",
           '","', '"}', "\\x41", "''); DROP TABLE", "é", "\u202e", "\U0001f4a5", "\ufeff", "\x7f", "\x01"]  # fmt: skip
characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
texts = st.one_of(st.sampled_from(HOSTILE), st.text(characters), st.text(st.sampled_from('"\\{},NUL% ')))
bigints = st.integers(-(2**63), 2**63 - 1)
zones = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45)), timezone(-timedelta(hours=5))])
moments = st.datetimes(datetime(1990, 1, 1), datetime(9999, 12, 30), timezones=zones)  # noqa: DTZ001


def unpacked(database: psycopg.Connection, kind: str, literal: bytes, length: int) -> list[object]:
    """The literal as a column of rows, as the statements of a batch take it."""
    columns = rows(
        (
            column("number", INTEGER),
            column("walked", Kind(kind, text_array)),
            column("picked", Kind(kind, text_array)),
        ),
        unnested=2,
    )
    statement = f"SELECT walked, picked FROM {columns} ORDER BY place".encode()
    parameters = (list(range(length)), literal.decode(), literal.decode())
    walked, picked = zip(*database.execute(statement, parameters).fetchall(), strict=True)
    assert walked == picked
    return list(picked)


@pytest.mark.parametrize(
    ("kind", "build", "values"),
    [
        ("text", table.text_array, texts),
        ("text", table.optional_text_array, st.one_of(st.none(), texts)),
        ("bigint", table.array, bigints),
        ("bigint", table.optional_array, st.one_of(st.none(), bigints)),
        ("boolean", table.array, st.booleans()),
        ("uuid", table.array, st.uuids()),
        ("uuid", table.optional_array, st.one_of(st.none(), st.uuids(), st.just(UUID(int=0)))),
        ("timestamptz", table.array, st.one_of(st.none(), moments)),
    ],
)
def test_a_column_arrives_as_it_was_sent(kind, build, values, database: psycopg.Connection) -> None:  # type: ignore[no-untyped-def]
    @thorough(100)
    @given(st.lists(values, min_size=1, max_size=20))
    def check(column: list[object]) -> None:
        assert unpacked(database, kind, build(column), len(column)) == column

    check()


@pytest.mark.parametrize("column", [[0, 0], [0, 5], [-1, 0], [2**63 - 1]])
def test_a_column_of_zeros_is_sent_as_nothing_and_read_as_zeros(
    column: list[int], database: psycopg.Connection
) -> None:
    literal = table.sparse_int_array(column)

    assert [value or 0 for value in unpacked(database, "bigint", literal, len(column))] == column


@pytest.mark.parametrize("column", [["", ""], ["", "x"], ["NULL", ""], ['"', "\\"]])
def test_a_column_of_empty_texts_is_sent_as_nothing_and_read_as_empty_texts(
    column: list[str], database: psycopg.Connection
) -> None:
    literal = table.sparse_text_array(column)

    assert (literal == table.NOTHING) is (column == ["", ""])
    assert [value or "" for value in unpacked(database, "text", literal, len(column))] == column


@pytest.mark.parametrize("column", [[False, False], [False, True], [True, True]])
def test_a_column_of_nothing_but_false_is_sent_as_nothing_and_read_as_false(
    column: list[bool], database: psycopg.Connection
) -> None:
    literal = table.sparse_bool_array(column)

    assert (literal == table.NOTHING) is (True not in column)
    assert [value or False for value in unpacked(database, "boolean", literal, len(column))] == column


def test_rows_of_different_lengths_arrive_as_they_were_sent(database: psycopg.Connection) -> None:
    @thorough(100)
    @given(st.lists(st.lists(bigints, max_size=5), min_size=1, max_size=10))
    @example([[]])
    def check(lines: list[list[int]]) -> None:
        literal = table.nested_int_array(lines)
        found = unpacked(database, "text", literal, len(lines))
        assert [database.execute("SELECT %s::bigint[]", (row,)).fetchone() for row in found] == [
            (row,) for row in lines
        ]

    check()


async def test_many_attempts_of_many_calls_are_kept_each_with_its_own_text(
    ledger: LedgerWriter, database: psycopg.Connection
) -> None:
    ids = await stored.held(ledger, build.line(build.meter_key()), count=8)
    attempts = {
        id_: tuple(build.attempt(number, f"{place} {number}") for number in range(1, 1001))
        for place, id_ in enumerate(ids)
    }

    await asyncio.gather(*[ledger.submit(build.settle(id_, attempts=attempts[id_])) for id_ in ids])

    found = database.execute(
        "SELECT reservation_id, attempt, provider_name FROM metering_usagelog"
    ).fetchall()
    assert set(found) == {(id_, each.number, each.provider_name) for id_ in ids for each in attempts[id_]}


async def test_a_start_in_a_zone_of_seconds_is_kept_to_the_second(
    ledger: LedgerWriter, database: psycopg.Connection
) -> None:
    started_at = datetime(2026, 3, 10, 12, tzinfo=timezone(timedelta(seconds=3208)))
    [id_] = await stored.held(ledger, build.line(build.meter_key()))

    await ledger.submit(build.settle(id_, attempts=(replace(build.attempt(), started_at=started_at),)))

    assert database.execute("SELECT started_at FROM metering_usagelog").fetchall() == [(started_at,)]


async def test_hostile_texts_of_a_call_are_kept_as_they_are(
    ledger: LedgerWriter, database: psycopg.Connection
) -> None:
    """Each in a row of one batch with the others, in the reservation and in the log."""
    key = build.meter_key(subject_id="".join(HOSTILE))
    ids = [uuid7() for _ in HOSTILE]
    for id_, text in zip(ids, HOSTILE, strict=True):
        labels = Labels(
            request_id=text,
            task="LLM0_CHAT",
            request_model=text,
            trace_id=text,
            conversation_id=text,
            tags=("plain", text),
        )
        command = build.reserve(build.line(key, 1), id_=id_, labels=labels)
        await ledger.submit(command)
        attempt = build.attempt(1, text, output_tokens=1)
        await ledger.submit(build.settle(id_, attempts=(attempt,)))

    columns = "request_id, request_model, trace_id, conversation_id, tags[2]"
    log = database.execute(f"SELECT {columns}, provider_name FROM metering_usagelog ORDER BY id").fetchall()
    holds = database.execute(f"SELECT {columns} FROM metering_usagereservation ORDER BY id").fetchall()
    by_id = sorted(zip(ids, HOSTILE, strict=True))
    assert log == [(text,) * 6 for _, text in by_id]
    assert holds == [(text,) * 5 for _, text in by_id]
    [meter] = database.execute("SELECT subject_id FROM metering_usagemeter").fetchall()
    assert meter == ("".join(HOSTILE),)

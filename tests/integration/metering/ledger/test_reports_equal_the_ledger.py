"""Whatever happens to the ledger, the sums of a report are those of its entries."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.ledger.writer import LedgerWriter
from metering.usage.filters import UsageFilter
from metering.usage.groups import GROUPS
from metering.usage.prices import Prices
from metering.usage.summary import usage_summary
from tests.factories import alder
from tests.integration.metering.ledger import sequences
from tests.integration.metering.ledger.spy import Spy
from tests.integration.metering.ledger.step_player import StepPlayer
from tests.integration.metering.ledger.steps import Step
from tests.properties import thorough
from tests.support import build

COUNTS = ("requests", "input_tokens", "output_tokens", "cost_nano_usd", "api_calls", "files")
ENTRIES = f"SELECT {', '.join(f'coalesce(sum({name}), 0)' for name in COUNTS)} FROM metering_ledgerentry"


def entries_of(database: psycopg.Connection) -> tuple[int, ...]:
    row = database.execute(ENTRIES).fetchone()
    assert row is not None
    return tuple(int(value) for value in row)


def reported(rows: list[dict[str, Any]]) -> tuple[int, ...]:
    return tuple(sum(row[name] for row in rows) for name in COUNTS)


@pytest.mark.django_db(transaction=True)  # an open transaction would keep the tables from being emptied
@pytest.mark.parametrize(
    ("sequences", "examples"),
    [(sequences.everyday, 30), (sequences.near_the_end_of_bigint, 15)],
    ids=["everyday amounts", "amounts near 2^62"],
)
def test_every_grouping_adds_up_to_the_entries(
    sequences: st.SearchStrategy[list[Step]],
    examples: int,
    conninfo: str,
    database: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tenant = alder(id=build.ALDER)
    with asyncio.Runner() as runner:
        writer = LedgerWriter(conninfo)
        runner.run(writer.start())
        spy = Spy(monkeypatch)

        @thorough(examples)
        @given(sequences)
        def check(sequence: list[Step]) -> None:
            runner.run(StepPlayer(writer, database, at_once=False).play(sequence, spy))
            truth = entries_of(database)
            for by in GROUPS:
                for chosen in (UsageFilter(tenant=tenant), UsageFilter()):
                    sums = reported(list(usage_summary(chosen, by=by)))
                    # One request may go to two vendors, and is a request of both.
                    skipped = 1 if by == "provider" else 0
                    assert sums[skipped:] == truth[skipped:], by
            for prices in Prices:
                rows = list(usage_summary(UsageFilter(), by="model", prices=prices, now=datetime.now(UTC)))
                # Nothing here has a price, so the charges stand.
                assert reported(rows) == truth

        try:
            check()
        finally:
            runner.run(writer.close())

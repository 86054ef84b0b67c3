"""The ledger in memory does what the model predicts, as the ledger in PostgreSQL does."""

import asyncio
from collections.abc import Sequence
from dataclasses import astuple
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.ledger.commands import Reserve, Settle
from metering.ledger.memory import MemoryLedger
from metering.ledger.results import Denied, Granted
from metering.types import Dimension, Window
from tests.integration.metering.ledger import sequences, steps
from tests.integration.metering.ledger.model import Answer, Model
from tests.integration.metering.ledger.step_player import StepPlayer
from tests.integration.metering.ledger.steps import Step
from tests.properties import thorough
from tests.support import build

MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Clock:
    now = MORNING

    def __call__(self) -> datetime:
        return self.now


class MemoryPlayer(StepPlayer):
    """Plays steps one by one, on a ledger of its own."""

    def __init__(self) -> None:
        self.ledger = MemoryLedger()
        super().__init__(self.ledger, None, at_once=False)  # type: ignore[arg-type]

    async def answers(self, sequence: Sequence[Step]) -> list[Answer | None]:
        told: list[Answer | None] = []
        for step in sequence:
            if isinstance(step, steps.RunOut):
                hold = self.ledger._holds.get(self._ids[step.of])
                if hold is not None:
                    hold.lease_expires_at = datetime.now(UTC)
                told.append(None)
            else:
                told.append((await self._ask(step))[2])
        return told

    def counters(self) -> list[tuple[int, ...]]:
        found = [self.ledger._meters.get(self.ledger._open.get(key, 0)) for key in self._meters]
        return [
            (each.used, each.held, each.overrun, each.unenforced, each.highest_limit) if each else (0,) * 5
            for each in found
        ]


@pytest.mark.parametrize(
    "sequences", [sequences.everyday, sequences.near_the_end_of_bigint], ids=["everyday", "near 2^62"]
)
def test_it_answers_and_counts_as_the_model_predicts(sequences: st.SearchStrategy[list[Step]]) -> None:
    @thorough(60)
    @given(sequences)
    def check(sequence: list[Step]) -> None:
        player, model = MemoryPlayer(), Model()
        with asyncio.Runner() as runner:
            told = runner.run(player.answers(sequence))
        assert told == [model.do(step) for step in sequence]
        assert player.counters() == [astuple(meter) for meter in model.meters]

    check()


def reserve(key: object, amount: int = 10, limit: int = 10) -> Reserve:
    return build.reserve(build.line(key, amount, limit))  # type: ignore[arg-type]


async def test_a_new_window_begins_empty_and_what_was_held_ends_in_its_own() -> None:
    clock, key = Clock(), build.meter_key(Dimension.TOKENS, window=Window.DAY)
    ledger = MemoryLedger(clock)
    held = reserve(key)
    assert isinstance(await ledger.submit(held), Granted)
    assert isinstance(await ledger.submit(reserve(key)), Denied)
    clock.now += timedelta(days=1)
    assert isinstance(await ledger.submit(reserve(key)), Granted)
    await ledger.submit(
        Settle(reservation_id=held.reservation_id, attempts=(build.attempt(output_tokens=7),))
    )
    assert ledger.balance_of(key) == (0, 10)


async def test_a_meter_begins_with_what_it_is_told() -> None:
    key = build.meter_key(Dimension.TOKENS, window=Window.DAY)
    ledger = MemoryLedger(Clock())
    ledger.begin(key, used=3, held=4)
    assert isinstance(await ledger.submit(reserve(key, amount=4)), Denied)
    assert isinstance(await ledger.submit(reserve(key, amount=3)), Granted)
    assert ledger.balance_of(key) == (3, 7)


async def test_meters_of_past_windows_make_room_for_new_ones_and_what_is_held_on_stays() -> None:
    clock = Clock()
    ledger = MemoryLedger(clock, max_meters=10)
    first = build.meter_key(Dimension.TOKENS, window=Window.DAY)
    held = reserve(first)
    await ledger.submit(held)
    for _ in range(50):
        clock.now += timedelta(days=1)
        ledger.begin(build.meter_key(Dimension.TOKENS, window=Window.DAY), used=1)
        assert len(ledger._meters) <= 10
    result = await ledger.submit(
        Settle(reservation_id=held.reservation_id, attempts=(build.attempt(output_tokens=7),))
    )
    assert result.charges == (7,)  # type: ignore[union-attr]

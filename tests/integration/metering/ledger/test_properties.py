"""Whatever happens in whatever order and however it is batched, the ledger does what the model predicts."""

import asyncio
from dataclasses import astuple, replace

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.ledger import writer as writer_module
from metering.ledger.audit import verify_ledger
from metering.ledger.writer import LedgerWriter
from tests.integration.metering.ledger import sequences, steps
from tests.integration.metering.ledger.model import Model
from tests.integration.metering.ledger.spy import Spy
from tests.integration.metering.ledger.step_player import StepPlayer
from tests.integration.metering.ledger.steps import Step
from tests.properties import thorough

BATCHINGS = [(1, 1, False), (1, 2, True), (7, 1, True), (7, 2, True), (512, 2, True)]
"""The largest batch, the connections, and whether all is submitted at once."""


@pytest.mark.parametrize(
    ("sequences", "examples"),
    [(sequences.everyday, 40), (sequences.near_the_end_of_bigint, 25)],
    ids=["everyday amounts", "amounts near 2^62"],
)
def test_the_model_predicts_every_answer_and_every_counter_under_any_batching(
    sequences: st.SearchStrategy[list[Step]],
    examples: int,
    conninfo: str,
    database: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with asyncio.Runner() as runner:
        writers = [runner.run(started(conninfo, batching, monkeypatch)) for batching in BATCHINGS]
        spy = Spy(monkeypatch)

        @thorough(examples)
        @given(sequences)
        def check(sequence: list[Step]) -> None:
            for writer, (largest, connections, at_once) in zip(writers, BATCHINGS, strict=True):
                player, model = StepPlayer(writer, database, at_once=at_once), Model()
                steps_taken = sequence if connections == 1 else without_keys(sequence)
                told = runner.run(player.play(steps_taken, spy))
                if connections == 1:
                    refused = {step for step, answer in told if answer == ("invalid",)}
                    carried_out = [step for step, _ in told if step not in refused]
                    assert carried_out == [step for step in sequence if step not in refused]
                assert [answer for _, answer in told] == [model.do(step) for step, _ in told], largest
                assert player.counters() == [astuple(meter) for meter in model.meters], largest
            assert verify_ledger(conninfo, grace_s=86_400) == []

        try:
            check()
            assert (
                spy.optimistic > examples
            )  # most batches are, some are not: both ways have to give the same
        finally:
            for writer in writers:
                runner.run(writer.close())


async def started(
    conninfo: str, batching: tuple[int, int, bool], monkeypatch: pytest.MonkeyPatch
) -> LedgerWriter:
    largest, connections, _ = batching
    monkeypatch.setattr(writer_module, "CONNECTIONS", connections)
    writer = LedgerWriter(conninfo, max_batch=largest)
    await writer.start()
    return writer


def without_keys(sequence: list[Step]) -> list[Step]:
    """Keys are read before the meters are locked: across connections, no order of the engine tells what they saw."""
    return [replace(step, key=None) if isinstance(step, steps.Reserve) else step for step in sequence]

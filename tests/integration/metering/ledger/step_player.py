"""Plays steps on the real ledger, under any batching, and tells its answers the way the model does.

Commands that wait at the same time may be carried out in any order, for the ledger has two connections. Which order
that was, the engine tells: it meets them with their meters locked.
"""

import asyncio
from collections.abc import Sequence
from uuid import uuid4

import psycopg
from msgspec.structs import replace

from metering.amounts import Amounts
from metering.errors import InvalidRequest
from metering.ids import uuid7
from metering.ledger import commands, results
from metering.ledger.writer import LedgerWriter
from metering.types import Dimension, Outcome
from tests.integration.metering.ledger import steps, stored
from tests.integration.metering.ledger.model import Answer
from tests.integration.metering.ledger.spy import Asked, Spy, Told
from tests.integration.metering.ledger.steps import (
    METERS,
    RESERVATIONS,
    TAG_METER,
    TALK_METER,
    VENDOR_METER,
    Step,
)
from tests.support import build
from tests.unit.metering.ledger.state_table import word_for

COUNTERS = (
    "SELECT used, held, overrun, unenforced, highest_limit FROM metering_usagemeter"
    " WHERE subject_id = %s AND task = %s"
)
LEASE_S = 3_600


class StepPlayer:
    """New budgets and reservations for one run of a sequence."""

    def __init__(self, writer: LedgerWriter, database: psycopg.Connection, *, at_once: bool) -> None:
        self._writer = writer
        self._database = database
        self._at_once = at_once
        self._ids = [uuid7() for _ in range(RESERVATIONS)]
        self._meters = [_meter(place, dimension) for place, dimension in enumerate(METERS)]
        self._labels = replace(
            build.LABELS,
            tags=(self._meters[TAG_METER].subject_id,),
            conversation_id=self._meters[TALK_METER].subject_id,
        )
        self._salt = uuid4().hex

    async def play(self, sequence: Sequence[Step], spy: Spy) -> list[Told]:
        """Each step with its answer, as carried out. All that lies between two leases' ends is sent at once."""
        told: list[Told] = []
        waiting: list[asyncio.Task[Asked]] = []
        for step in sequence:
            if not isinstance(step, steps.RunOut):
                waiting.append(asyncio.create_task(self._ask(step)))
            if not self._at_once or isinstance(step, steps.RunOut):
                told += spy.in_order(await asyncio.gather(*waiting))
                waiting = []
            if isinstance(step, steps.RunOut):
                stored.run_out(self._database, self._ids[step.of])
                told.append((step, None))
        return told + spy.in_order(await asyncio.gather(*waiting))

    def counters(self) -> list[tuple[int, ...]]:
        """Used, held, overrun, unenforced and highest limit of each meter; zeros where it was never opened."""
        rows = [
            self._database.execute(COUNTERS, (meter.subject_id, meter.task)).fetchone()
            for meter in self._meters
        ]
        return [row or (0, 0, 0, 0, 0) for row in rows]

    async def _ask(self, step: Step) -> Asked:
        command = self._command(step)
        try:
            return command, step, _answer(command, await self._writer.submit(command))
        except InvalidRequest:
            return command, step, ("invalid",)

    def _command(self, step: Step) -> commands.Command:
        match step:
            case steps.Reserve():
                bound = Amounts(output_tokens=step.lines[0].amount)
                return commands.Reserve(
                    reservation_id=self._ids[step.of],
                    tenant_id=build.ALDER,
                    lines=self._lines(step.lines),
                    labels=self._labels,
                    bound=bound,
                    lease_s=LEASE_S,
                    idempotency_key=None if step.key is None else f"{self._salt}-{step.key[0]}",
                    idempotency_digest=None if step.key is None else step.key[1],
                )
            case steps.Extend():
                bound = Amounts(output_tokens=step.lines[0].amount if step.lines else 0)
                return commands.Extend(
                    reservation_id=self._ids[step.of],
                    lease_s=LEASE_S,
                    lines=self._lines(step.lines),
                    bound=bound,
                    sequence=step.sequence if step.lines else 0,
                )
            case steps.Settle():
                attempts = tuple(
                    build.attempt(
                        number,
                        use.vendor,
                        outcome=Outcome.ERROR if use.failed else Outcome.OK,
                        output_tokens=use.tokens,
                        cost_nano_usd=use.cost,
                    )
                    for number, use in enumerate(step.attempts, 1)
                )
                return commands.Settle(reservation_id=self._ids[step.of], attempts=attempts)
            case steps.Release():
                return build.release(self._ids[step.of])
            case steps.Adjust():
                return commands.Adjust(
                    reservation_id=self._ids[step.of],
                    number=step.number,
                    reason="by hand",
                    output_tokens=step.tokens,
                    cost_nano_usd=step.cost,
                    requests=step.requests,
                )
            case _:
                return commands.Expire(reservation_id=self._ids[step.of])  # type: ignore[union-attr]

    def _lines(self, lines: Sequence[steps.Line]) -> tuple[commands.HoldLine, ...]:
        return tuple(
            commands.HoldLine(
                meter=self._meters[line.meter],
                amount=line.amount,
                limit=line.limit,
                enforced=line.enforced,
                release_on_expiry=line.release,
            )
            for line in lines
        )


def _meter(place: int, dimension: Dimension) -> commands.MeterKey:
    if place == TAG_METER:
        return build.meter_key(dimension, subject_type="tag", subject_id=f"of-player={uuid4().hex}")
    if place == TALK_METER:
        return build.meter_key(dimension, subject_type="conversation", subject_id=uuid4().hex)
    if place == VENDOR_METER:
        of_this_player = uuid4().hex
        return build.meter_key(
            dimension, subject_type="provider", subject_id="sandbox", tenant_id=None, task=of_this_player
        )
    return build.meter_key(dimension)


def _answer(command: commands.Command, result: results.Result) -> Answer:
    word = word_for(command, result)
    match result:
        case results.Granted(replayed=False):
            return (word, tuple((balance.used, balance.held) for balance in result.balances))
        case results.Denied():
            return (
                word,
                tuple((d.line, d.used, d.held, d.requested, d.limit) for d in result.denials),
            )
        case results.Ended(replayed=False) if word != "tombstone":
            return (word, result.charges)
    return (word,)

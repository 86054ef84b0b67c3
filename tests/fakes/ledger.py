"""A ledger in memory: holds and charges without windows, and fails when told to."""

import asyncio
from uuid import UUID

from metering.ledger.commands import Command, Extend, HoldLine, MeterKey, Release, Reserve, Settle
from metering.ledger.results import (
    Denied,
    Ended,
    Granted,
    LineBalance,
    LineDenial,
    Reason,
    Refused,
    Result,
)
from metering.ledger.use import spent
from metering.types import Dimension, ReservationState


class FakeLedger:
    """Implements the Ledger port. `fail_next` holds errors that the next commands raise instead of an answer."""

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self.used: dict[MeterKey, int] = {}
        self.held: dict[MeterKey, int] = {}
        self.states: dict[UUID, ReservationState] = {}
        self.lines: dict[UUID, list[HoldLine]] = {}
        self.settled: dict[UUID, Settle] = {}
        self.fail_next: list[Exception] = []
        self.gate: asyncio.Event | None = None
        """While it is there and not set, commands wait."""

    async def submit(self, command: Command) -> Result:
        self.commands.append(command)
        if self.gate is not None:
            await self.gate.wait()
        if self.fail_next:
            raise self.fail_next.pop(0)
        match command:
            case Reserve():
                return self._reserve(command)
            case Extend():
                return self._extend(command)
            case Settle():
                return self._settle(command)
            case Release():
                return self._release(command)
        raise AssertionError(f"the fake does not know {type(command).__name__}")

    def state(self, reservation_id: UUID) -> ReservationState | None:
        return self.states.get(reservation_id)

    def of_type(self, kind: type[Command]) -> list[Command]:
        return [command for command in self.commands if isinstance(command, kind)]

    @property
    def total_held(self) -> int:
        return sum(self.held.values())

    def _reserve(self, command: Reserve) -> Result:
        state = self.states.get(command.reservation_id)
        if state is not None:
            return Refused(reservation_id=command.reservation_id, reason=Reason.CANCELLED, state=state)
        result = self._hold(command.reservation_id, command.lines)
        if isinstance(result, Granted):
            self.states[command.reservation_id] = ReservationState.HELD
        return result

    def _extend(self, command: Extend) -> Result:
        if self.states.get(command.reservation_id) is not ReservationState.HELD:
            return Refused(reservation_id=command.reservation_id, reason=Reason.LEASE_EXPIRED, state=None)
        return self._hold(command.reservation_id, command.lines)

    def _hold(self, reservation_id: UUID, lines: tuple[HoldLine, ...]) -> Granted | Denied:
        denials = [
            LineDenial(
                line=place,
                used=self.used.get(line.meter, 0),
                held=self.held.get(line.meter, 0),
                requested=line.amount,
                limit=line.limit,
                resets_at=None,
            )
            for place, line in enumerate(lines)
            if line.enforced
            and self.used.get(line.meter, 0) + self.held.get(line.meter, 0) + line.amount > line.limit
        ]
        if denials:
            return Denied(reservation_id=reservation_id, denials=tuple(denials))
        for line in lines:
            self.held[line.meter] = self.held.get(line.meter, 0) + line.amount
        self.lines.setdefault(reservation_id, []).extend(lines)
        balances = tuple(
            LineBalance(
                meter_id=place,
                used=self.used.get(line.meter, 0),
                held=self.held[line.meter],
                limit=line.limit,
                resets_at=None,
            )
            for place, line in enumerate(lines)
        )
        return Granted(reservation_id=reservation_id, balances=balances)

    def _settle(self, command: Settle) -> Result:
        self.settled[command.reservation_id] = command
        totals = {
            Dimension.REQUESTS: 1 if spent(command.attempts) else 0,
            Dimension.INPUT_TOKENS: sum(item.input_tokens for item in command.attempts),
            Dimension.OUTPUT_TOKENS: sum(item.output_tokens for item in command.attempts),
            Dimension.COST: sum(item.cost_nano_usd for item in command.attempts),
        }
        totals[Dimension.TOKENS] = totals[Dimension.INPUT_TOKENS] + totals[Dimension.OUTPUT_TOKENS]
        for meter in {line.meter for line in self.lines.get(command.reservation_id, [])}:
            self.used[meter] = self.used.get(meter, 0) + totals.get(meter.dimension, 0)
        return self._end(command.reservation_id, ReservationState.SETTLED)

    def _release(self, command: Release) -> Result:
        return self._end(command.reservation_id, ReservationState.RELEASED)

    def _end(self, reservation_id: UUID, state: ReservationState) -> Result:
        for line in self.lines.pop(reservation_id, []):
            self.held[line.meter] -= line.amount
        self.states[reservation_id] = state
        return Ended(reservation_id=reservation_id, state=state)

"""Where calls of this process wait until calls under way give back what they hold.

A call waits at the meter that denied it. Whoever waits there is asked for in turn, each once for every reason to ask:

1. A call of this process has ended that held something on the meter.
2. Nothing ended here for a while, but another process may have made room: one of the line looks, at most
   `LOOKS_PER_S` of all lines a second.
3. An answer shows that the meter still has as much room as one of the next needs; or that what is left is used up, so
   that there is nothing to wait for.
4. Its time is over: it is asked for once more, so that what it is told is true now.

So of calls that need as much, the first come is served first, and one that needs less passes one that needs more only
where there is room for it alone. Whoever comes later and may wait stands behind those who wait. No lock is held, and a
call that has gone leaves nothing behind.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from metering.admission.denial import deciding, waits_for_a_call
from metering.amounts import Amounts
from metering.ledger.commands import MeterKey
from metering.policy.values import MeterLimits
from metering.reservation.no_room import NoRoom
from metering.reservation.reserve import Hold

PLACES = 500
"""Calls that may wait in one process. Beyond them a refusal comes at once."""
PLACES_OF_A_TENANT = 128
LOOK_S = 0.25
"""How often somebody looks whether other processes have made room, about."""
LOOKS_PER_S = 40


class WaitEnd(StrEnum):
    """How a wait ended."""

    ADMITTED = "admitted"
    REFUSED = "refused"
    """Its time was over, or what is left was used up meanwhile."""
    FULL = "full"
    """It did not begin, because too many wait."""
    GONE = "gone"
    """The caller went away."""
    STOPPED = "stopped"
    """The process ends."""
    FAILED = "failed"
    """The ledger gave no answer, or refused the call for another reason."""


Ask = Callable[[], Awaitable[Hold | NoRoom]]
Observer = Callable[[WaitEnd, float], None]
"""Sees each wait that has ended, and how many seconds it took."""


class Answer(NamedTuple):
    """What the ledger said last to a call that waits."""

    hold: Hold | NoRoom
    asked_s: float
    """Monotonic time just before it was asked."""


class _Waiter:
    __slots__ = ("is_asking", "need", "turn")

    def __init__(self, need: int) -> None:
        self.need = need
        """What it needs of the meter."""
        self.turn = asyncio.Event()
        self.is_asking = False


class _Line:
    """Those who wait at one meter, the first come first."""

    __slots__ = ("look", "waiters")

    def __init__(self) -> None:
        self.waiters: dict[_Waiter, None] = {}
        self.look: asyncio.TimerHandle | None = None

    def call(self, room: int | None = None) -> None:
        """It is the turn of the first who is not called yet, or who needs no more than `room` where that is known.

        Where something has ended (`room` is None), those who ask just now may have asked too early: they ask again.
        """
        for waiter in self.waiters:
            if room is None:
                was_called = waiter.turn.is_set() or waiter.is_asking
                waiter.turn.set()
                if not was_called:
                    return
            elif waiter.turn.is_set():
                room -= waiter.need
            elif waiter.need <= room and not waiter.is_asking:
                waiter.turn.set()
                return


class WaitingRoom:
    """The lines of one process. For one event loop."""

    def __init__(
        self,
        *,
        places: int = PLACES,
        per_tenant: int = PLACES_OF_A_TENANT,
        look_s: float = LOOK_S,
        observe: Observer = lambda end, seconds: None,
    ) -> None:
        self._places = places
        self._per_tenant = per_tenant
        self._look_s = look_s
        self._observe = observe
        self._lines: dict[MeterKey, _Line] = {}
        self._tenants: Counter[UUID] = Counter()
        self._waiting = 0
        self._is_closed = False

    @property
    def waiting(self) -> int:
        """How many calls wait now."""
        return self._waiting

    def has_line(self, limits: MeterLimits) -> bool:
        """Whether somebody waits at one of the meters."""
        return bool(self._lines) and any(limit.meter in self._lines for limit in limits)

    def ended(self, hold: Hold) -> None:
        """A call has given back what it did not use: whoever is first at its meters is asked for."""
        if self._lines:
            for limit in hold.held:
                if (line := self._lines.get(limit.meter)) is not None:
                    line.call()

    def close(self) -> None:
        """Let everybody go, each with its refusal; from now on nobody waits."""
        self._is_closed = True
        for line in self._lines.values():
            for waiter in line.waiters:
                waiter.turn.set()

    async def hold(
        self,
        ask: Ask,
        *,
        tenant_id: UUID,
        limits: MeterLimits,
        amounts: Amounts,
        wait_s: float,
        refused: NoRoom | None,
    ) -> Answer:
        """The hold, or what was short when the wait of at most `wait_s` ended. `refused` is what was short just now;
        None: nobody has asked, because somebody waits at one of the `limits`' meters.

        Raises what `ask` raises.
        """
        refusal = Answer(refused, time.monotonic()) if refused is not None else None
        is_full = self._waiting >= self._places or self._tenants[tenant_id] >= self._per_tenant
        if self._is_closed or is_full:
            self._observe(WaitEnd.STOPPED if self._is_closed else WaitEnd.FULL, 0.0)
            return refusal or await _asked(ask)
        self._waiting += 1
        self._tenants[tenant_id] += 1
        began_s, end = time.monotonic(), WaitEnd.FAILED
        try:
            place = self._place(limits, amounts, refused)
            answer = await self._wait(ask, place, refusal, began_s + wait_s)
            end = WaitEnd.ADMITTED
            if isinstance(answer.hold, NoRoom):
                end = WaitEnd.STOPPED if self._is_closed else WaitEnd.REFUSED
            return answer
        except asyncio.CancelledError:
            end = WaitEnd.GONE
            raise
        finally:
            self._waiting -= 1
            self._tenants[tenant_id] -= 1
            if not self._tenants[tenant_id]:
                del self._tenants[tenant_id]
            self._observe(end, time.monotonic() - began_s)

    def _place(
        self, limits: MeterLimits, amounts: Amounts, refused: NoRoom | None
    ) -> tuple[MeterKey, _Waiter]:
        """The meter at which a call waits: where it was denied, or else where others wait already."""
        if refused is not None:
            limit, denial = deciding(refused)
            return limit.meter, _Waiter(denial.requested)
        meters = [limit.meter for limit in limits]
        meter = next((meter for meter in meters if meter in self._lines), meters[0])
        waiter = _Waiter(amounts.of(meter.dimension))
        if meter not in self._lines:  # whoever waited there has just gone
            waiter.turn.set()
        return meter, waiter

    async def _wait(
        self, ask: Ask, place: tuple[MeterKey, _Waiter], answer: Answer | None, until_s: float
    ) -> Answer:
        meter, waiter = place
        self._join(meter, waiter)
        try:
            while True:
                is_over = not await _comes(waiter.turn, until_s)
                if self._is_closed and answer is not None:
                    return answer
                waiter.is_asking = True
                waiter.turn.clear()
                answer = await _asked(ask)
                waiter.is_asking = False
                short = answer.hold
                is_used_up = isinstance(short, NoRoom) and not waits_for_a_call(short)
                self._lines[meter].call(None if is_used_up else _room_on(meter, short))
                if not isinstance(short, NoRoom) or is_over or self._is_closed or is_used_up:
                    return answer
                limit, denial = deciding(short)
                waiter.need = denial.requested
                if limit.meter != meter:
                    self._leave(meter, waiter)
                    meter = limit.meter
                    self._join(meter, waiter)
        finally:
            if waiter.is_asking or waiter.turn.is_set():  # its turn was for nothing
                waiter.is_asking = True
                self._lines[meter].call()
            self._leave(meter, waiter)

    def _join(self, meter: MeterKey, waiter: _Waiter) -> None:
        line = self._lines.get(meter)
        if line is None:
            line = self._lines[meter] = _Line()
            self._look_later(line)
        line.waiters[waiter] = None

    def _leave(self, meter: MeterKey, waiter: _Waiter) -> None:
        line = self._lines[meter]
        del line.waiters[waiter]
        if not line.waiters:
            del self._lines[meter]
            if line.look is not None:
                line.look.cancel()

    def _look_later(self, line: _Line) -> None:
        every_s = max(self._look_s, len(self._lines) / LOOKS_PER_S)
        every_s *= random.uniform(0.5, 1.5)  # noqa: S311 - jitter, not a secret
        line.look = asyncio.get_running_loop().call_later(every_s, self._look, line)

    def _look(self, line: _Line) -> None:
        line.call()
        self._look_later(line)


def _room_on(meter: MeterKey, answer: Hold | NoRoom) -> int | None:
    """What is left on the meter under the tightest of its limits, as far as the answer says; None: it does not."""
    if isinstance(answer, NoRoom):
        denials = [denial for denial in answer.denials if answer.limits[denial.line].meter == meter]
        return min([each.limit - each.used - each.held for each in denials], default=None)
    balances = [
        balance
        for limit, balance in zip(answer.held, answer.balances, strict=False)
        if limit.meter == meter and limit.enforced
    ]
    return min([each.limit - each.used - each.held for each in balances], default=None)


async def _asked(ask: Ask) -> Answer:
    asked_s = time.monotonic()
    return Answer(await ask(), asked_s)


async def _comes(turn: asyncio.Event, until_s: float) -> bool:
    """Wait for the turn; False: the time was over before it came."""
    try:
        async with asyncio.timeout(max(0.0, until_s - time.monotonic())):
            await turn.wait()
    except TimeoutError:
        return False
    return True

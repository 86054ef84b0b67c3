"""Let a call in while the database is away, where the rule `on_metering_failure` says `open`.

1. The database has not been heard for a second, and cannot be asked: a read failed, or a read or the ledger has not
   answered within OPEN_AFTER_S.
2. It is planned under what this process last knew of its caller, plan, catalog and policy. What is not known is not
   let in.
3. It is let in only as far as the rule `open_cap` goes: a bound on what one process may spend unseen.
4. Its ledger is the spool: intent on the disk before the vendor is asked, usage after. The database is told later
   (ledger/spool).

A call whose first answer may have to be found again (Idempotency-Key), or whose work another process may take on, is
not let in: only the database can say whether it has been made already.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from metering.calls.begin import CallRequest, PlannedCall, plan
from metering.calls.collaborators import Collaborators
from metering.calls.last_known import LastKnownDirectory
from metering.errors import MeteringUnavailable
from metering.identity.principal import Principal
from metering.ledger.commands import Command, Reserve
from metering.ledger.port import Ledger
from metering.ledger.results import Result
from metering.ledger.spool.spool import Spool
from metering.ledger.spool.unseen import UnseenLedger
from metering.money import NANO_PER_USD
from metering.policy.values import EffectivePolicy
from metering.reservation.lease import LeaseKeeper
from metering.rules.registry import OPEN_CAP_DEFAULT
from metering.time_limits import CoarseTimeout
from metering.types import Task

OPEN_AFTER_S = 2.0
"""How long a read and the ledger are waited for, if the database was not heard meanwhile."""
AWAY = "The database is away."


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """What a process needs to go on without its database."""

    spool: Spool
    is_deaf: Callable[[], bool]
    """Whether the database has not been heard lately."""
    is_away: Callable[[], bool]
    """Whether it is known besides that the ledger cannot reach it."""


class SpillingLedger:
    """The ledger of one call that may go on without it: what it does not answer goes to the spool, under the same id.
    So it is one call, whether or not the ledger has carried its command out.
    """

    def __init__(self, ledger: Ledger, unseen: UnseenLedger, away: Away) -> None:
        self._ledger = ledger
        self.unseen = unseen
        self._away = away
        self.has_spilled = False
        """Whether the call has begun unseen."""

    async def submit(self, command: Command) -> Result:
        """Return the committed answer to one command, or the spool's (see metering.ledger.port.Ledger)."""
        try:
            with CoarseTimeout(OPEN_AFTER_S):
                return await self._ledger.submit(command)
        except TimeoutError:
            if not self._away.is_deaf():
                return await self._ledger.submit(command)
        except MeteringUnavailable as away:
            if type(away) is not MeteringUnavailable or not self._away.is_deaf():
                raise
        if not isinstance(command, Reserve):
            raise MeteringUnavailable(AWAY)
        result = await self.unseen.submit(command)
        self.has_spilled = True
        return result


class UnseenCalls:
    """Lets calls in that the database does not see. For one event loop."""

    def __init__(self, with_: Collaborators, away: Away) -> None:
        self._away = away
        self.directory = LastKnownDirectory(with_.directory)
        self.leases = LeaseKeeper(UnseenLedger(away.spool, cap_nano_usd=0), clock=lambda: 0.0)
        """Nobody else has their leases, so that these never end: their clock stands still."""
        self._with = replace(with_, directory=self.directory, leases=self.leases, spool=None)
        self._is_silent = False
        """Whether a read was not answered since the database was heard last."""

    def is_away(self) -> bool:
        """Whether it is known that the database cannot be reached."""
        self._is_silent = self._is_silent and self.is_deaf()
        return self._is_silent or self._away.is_away()

    async def read_principal(self, secret: str, read: Callable[[], Awaitable[Principal]]) -> Principal:
        """Read whose credential it is. About somebody who is known here, and may perhaps be let in, a database that is
        not heard is asked for OPEN_AFTER_S.

        Raises MeteringUnavailable where it says nothing, and what the read raises.
        """
        if self.directory.knows(secret) and self.lets_anybody_in():
            try:
                async with asyncio.timeout(OPEN_AFTER_S):
                    return await read()
            except TimeoutError:
                self._is_silent = self.is_deaf()
            if self._is_silent:
                raise MeteringUnavailable(AWAY)
        return await read()

    def is_deaf(self) -> bool:
        """Whether the database has not been heard lately."""
        return self._away.is_deaf()

    async def last_known(self, secret: str, team: str | None) -> Principal:
        """The caller as this process last knew it, working for `team` if one is named.

        Raises MeteringUnavailable where this process did not know it.
        """
        caller = await self.directory.principal(secret)
        team_id = await self.directory.team_id(caller, team) if team is not None else caller.team_id
        return replace(caller, team_id=team_id, is_last_known=True)

    def lets_anybody_in(self) -> bool:
        """Whether the database is away, and somebody whom this process knows may call nevertheless."""
        return self.is_deaf() and any(map(self.may_let_in, self.directory.all_policies()))

    def may_let_in(self, policy: EffectivePolicy) -> bool:
        """Whether the rule `on_metering_failure` says `open`."""
        return policy.choice("on_metering_failure", "closed") == "open"

    def spilling(
        self, request: CallRequest, policy: EffectivePolicy, ledger: Ledger
    ) -> SpillingLedger | None:
        """The ledger of a call that is being admitted; None: it cannot go on without the one that there is."""
        if not self.may_let_in(policy) or not _may_be_unseen(request):
            return None
        return SpillingLedger(ledger, self._ledger_under(policy), self._away)

    def collaborators(self, ledger: UnseenLedger) -> Collaborators:
        """The collaborators with whom a call goes on that has begun unseen."""
        return replace(self._with, ledger=ledger)

    async def plan(
        self, caller: Principal, request: CallRequest, away: MeteringUnavailable
    ) -> tuple[Collaborators, PlannedCall]:
        """The plan of a call, and with whom it goes on. Raises `away` where it may not, and what `plan` raises."""
        if not self._away.is_deaf() or not _may_be_unseen(request):
            raise away
        try:
            planned = await plan(self._with, caller, request)
        except MeteringUnavailable:
            raise away from None
        policy = planned.plan.policy
        if not self.may_let_in(policy):
            raise away
        return self.collaborators(self._ledger_under(policy)), planned

    def _ledger_under(self, policy: EffectivePolicy) -> UnseenLedger:
        cap_usd = policy.numbers.get("open_cap", OPEN_CAP_DEFAULT)
        return UnseenLedger(self._away.spool, cap_nano_usd=cap_usd * NANO_PER_USD)


def _may_be_unseen(request: CallRequest) -> bool:
    """Whether nothing but the database can say whether the call was made before, or is another process's now."""
    marks = request.idempotency, request.reservation_id, request.journal
    return request.task is Task.CHAT and marks == (None, None, None)

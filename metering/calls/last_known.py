"""The directory as this process last knew it, for calls that are let in while the database is away."""

from collections.abc import Iterator
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from metering.calls.cached_directory import CachedDirectory, key_of
from metering.catalog.served import ModelIndex, PlanAccess
from metering.errors import MeteringUnavailable, NotPermitted
from metering.identity.principal import Principal
from metering.policy.values import EffectivePolicy, PolicySubject, Variants

T = TypeVar("T")
UNKNOWN = "The database is away, and too little is known of this call here."


class LastKnownDirectory(CachedDirectory):
    """Answers from another directory's snapshots, for LAST_KNOWN_S after the database was last heard. What is not known
    so is not looked up: MeteringUnavailable.
    """

    def __init__(self, known: CachedDirectory) -> None:
        self._of = known
        self.use = known.use

    def knows(self, secret: str) -> bool:
        """Whether it is known whose credential it is."""
        return self._of.principals.last_known(key_of(secret)) is not None

    async def principal(self, secret: str) -> Principal:
        return _if_known(self._of.principals.last_known(key_of(secret)))

    async def team_id(self, caller: Principal, reference: str) -> UUID:
        key = (caller.tenant_id, caller.team_id, caller.user_id, reference)
        return _if_known(self._of.teams.last_known(key))[1]

    async def access(self, plan: str, task: str) -> PlanAccess | NotPermitted:
        known = self._of.plan_access.last_known((plan, task))
        if known is None:
            raise MeteringUnavailable(UNKNOWN)
        return known

    async def models(self) -> ModelIndex:
        return _if_known(self._of.served.last_known(()))

    async def policy(self, subject: PolicySubject, task: str) -> EffectivePolicy:
        return _if_known(self._of.policies.last_known((subject, task)))[1]

    def all_policies(self) -> Iterator[EffectivePolicy]:
        """Every policy that this process last knew."""
        return (policy for _, policy in self._of.policies.all_last_known())

    async def variant(self, variants: Variants, now: datetime) -> EffectivePolicy:
        """The policy of this moment, by the balances that were noted last, however old."""
        return variants.at(now, self.use.peek(variants.meters))


def _if_known(known: T | None) -> T:
    if known is None:
        raise MeteringUnavailable(UNKNOWN)
    return known

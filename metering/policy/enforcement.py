"""Decides whether a limit is enforced, only warns or is only observed. Pure.

The gateway, a tenant, a rule and a share of principals may each have a mode. The loosest of the modes that concern a
limit counts. Modes loosen limits only: what a plan contains and who a caller is are always enforced.
"""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from uuid import UUID

from metering.types import EnforcementMode

OBSERVE, WARN, ENFORCE = EnforcementMode.OBSERVE, EnforcementMode.WARN, EnforcementMode.ENFORCE
_STRICTNESS = {OBSERVE: 0, WARN: 1, ENFORCE: 2}


def loosest(*modes: EnforcementMode) -> EnforcementMode:
    """Return the mode that lets most calls pass."""
    return min(modes, key=_STRICTNESS.__getitem__)


@lru_cache(maxsize=10_000)
def percentile_of(principal: UUID) -> int:
    """Return the principal's percentile, from 0 to 99. It never changes, so nobody falls out of a share that grows."""
    return int.from_bytes(blake2b(principal.bytes, digest_size=8).digest(), "big") % 100


def mode_for(mode: EnforcementMode, enforce_percent: int, principal: UUID | None) -> EnforcementMode:
    """Return `mode`, or observe for a principal beyond the share that is enforced. Nobody (None) is within it."""
    if mode is ENFORCE and principal is not None and percentile_of(principal) >= enforce_percent:
        return OBSERVE
    return mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Modes:
    """The modes of the gateway and the tenant around one subject's limits."""

    switch: EnforcementMode = ENFORCE
    """The mode that the rules `enforcement` and `enforcement_percent` give this subject."""
    tenant: EnforcementMode = ENFORCE
    principal: UUID | None = None
    """The user, or the token of a caller who is no user."""

    @property
    def overall(self) -> EnforcementMode:
        """The mode of the subject's calls as a whole."""
        return loosest(self.switch, self.tenant)

    def of_limit(
        self, mode: EnforcementMode, enforce_percent: int, *, operators_own: bool
    ) -> EnforcementMode:
        """Return the mode of a rule's or budget's limit. A tenant's mode does not loosen the operator's limits."""
        own = mode_for(mode, enforce_percent, self.principal)
        return loosest(own, self.switch if operators_own else self.overall)

"""Whether a limit is enforced, warns or is observed: for the gateway, a tenant, a rule, a share of principals. Pure.

The loosest of the modes that concern a limit counts. Modes loosen limits; what a plan contains, and who a caller
is, is always enforced.
"""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from uuid import UUID

from metering.types import EnforcementMode

OBSERVE, WARN, ENFORCE = EnforcementMode.OBSERVE, EnforcementMode.WARN, EnforcementMode.ENFORCE
_STRICTNESS = {OBSERVE: 0, WARN: 1, ENFORCE: 2}


def loosest(*modes: EnforcementMode) -> EnforcementMode:
    """The mode that lets most pass."""
    return min(modes, key=_STRICTNESS.__getitem__)


@lru_cache(maxsize=10_000)
def place_of(principal: UUID) -> int:
    """A principal's place among a hundred, the same for ever: with a growing share, nobody who is in falls out."""
    return int.from_bytes(blake2b(principal.bytes, digest_size=8).digest(), "big") % 100


def mode_for(mode: EnforcementMode, enforce_percent: int, principal: UUID | None) -> EnforcementMode:
    """`mode`, but observe for principals beyond the share that is enforced. Nobody (None) is always in it."""
    if mode is ENFORCE and principal is not None and place_of(principal) >= enforce_percent:
        return OBSERVE
    return mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Modes:
    """The modes around one subject's limits."""

    switch: EnforcementMode = ENFORCE
    """What the rules `enforcement` and `enforcement_percent` come to for this subject."""
    tenant: EnforcementMode = ENFORCE
    principal: UUID | None = None
    """The user, or the token of a caller who is no user."""

    @property
    def overall(self) -> EnforcementMode:
        """Of the subject's calls as a whole."""
        return loosest(self.switch, self.tenant)

    def of_limit(
        self, mode: EnforcementMode, enforce_percent: int, *, operators_own: bool
    ) -> EnforcementMode:
        """Of one rule's or budget's limit. A tenant's mode does not loosen the gateway's and the providers' own."""
        own = mode_for(mode, enforce_percent, self.principal)
        return loosest(own, self.switch if operators_own else self.overall)

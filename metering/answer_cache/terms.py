"""Whether a call may be answered from the cache, and for how long its answer is kept. Pure."""

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from metering.answer_cache.protocols.by_protocol import CACHED
from metering.answer_cache.wish import CacheWish
from metering.policy.values import EffectivePolicy
from metering.ports import Body
from metering.rules.registry import REGISTRY
from metering.types import WireProtocol

OWN_TTL_S = 300
"""Where no rule says anything, an answer that the header asks for lives so long,"""
MOST_OWN_TTL_S = 3_600
"""and at most so long."""


TASKS = REGISTRY["cache_ttl_s"].tasks


class Status(StrEnum):
    """What the cache did for a call, as the header x-gateway-cache of its answer says."""

    HIT = "hit"
    MISS = "miss"
    REFRESH = "refresh"
    """The vendor was asked anew because the caller wanted that."""
    BYPASS = "bypass"
    """Requests like this one are neither looked up nor kept; the reason stands behind it."""
    OFF = "off"
    """The caller, or a rule, has switched it off."""


class Terms(Struct, frozen=True, kw_only=True):
    """Whether one call may be answered from the cache. `status` is MISS until an answer was found."""

    status: Status
    reason: str = ""
    """Of a BYPASS; one of the words in reasons.py."""
    ttl_s: int = 0
    any: bool = False
    """Whether answers that are not kept by themselves are meant too."""
    age_s: int | None = None
    """Of the answer of a HIT."""

    def hit(self, *, age_s: int) -> "Terms":
        """The terms once an answer was found."""
        return replace(self, status=Status.HIT, age_s=age_s)

    @property
    def is_on(self) -> bool:
        """Whether the answer may be kept."""
        return self.status in (Status.MISS, Status.REFRESH)

    def __str__(self) -> str:
        """The value of the answer's header, such as `bypass; reason=sampled`."""
        return f"{self.status}; reason={self.reason}" if self.reason else self.status.value


OFF = Terms(status=Status.OFF)


def terms_of(
    policy: EffectivePolicy,
    wish: CacheWish | None,
    body: Body,
    protocol: WireProtocol = WireProtocol.CHAT,
) -> Terms | None:
    """None: nobody has asked for the cache. `body` is the request in its protocol, as the caller sent it."""
    if policy.task not in TASKS:
        return None
    rule_s = policy.number("cache_ttl_s")
    if wish is None:
        if not rule_s:
            return None
        wish = USUAL
    if rule_s == 0 or wish.verb == "off":
        return OFF
    if reason := CACHED[protocol].why_not(body, any_=wish.any):
        return Terms(status=Status.BYPASS, reason=reason)
    usual_s, most_s = (OWN_TTL_S, MOST_OWN_TTL_S) if rule_s is None else (rule_s, rule_s)
    return Terms(
        status=Status.REFRESH if wish.verb == "refresh" else Status.MISS,
        ttl_s=min(wish.ttl_s or usual_s, most_s),
        any=wish.any,
    )


USUAL = CacheWish(verb="use")
"""Of a caller under a rule who says nothing."""

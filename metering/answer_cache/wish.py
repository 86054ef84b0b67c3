"""What a caller says of the cache in the header x-gateway-cache."""

import re

from msgspec import Struct

from metering.errors import InvalidRequest
from metering.rules.registry import REGISTRY

HEADER = "x-gateway-cache"
VERBS = ("use", "refresh", "off")
MOST_TTL_S = REGISTRY["cache_ttl_s"].high
MAX_LENGTH = 100
_TTL = re.compile(r"ttl=([0-9]{1,9})")
VALID = (
    f"{HEADER} is `use`, `refresh` or `off`; the first two may be followed by `; any` "
    f"and by `; ttl=SECONDS` (1 to {MOST_TTL_S})."
)


class CacheWish(Struct, frozen=True, kw_only=True):
    """What the caller's header says of the cache. `verb` is one of VERBS."""

    verb: str
    any: bool = False
    """Whether requests and answers that are not kept by themselves (sampled ones, those with tools) are meant too."""
    ttl_s: int | None = None
    """How old an answer may be, and how long a new one is kept."""


def read_wish(text: str) -> CacheWish:
    """The wish that the header's text says. Raises InvalidRequest."""
    verb, *words = [word.strip().lower() for word in text[: MAX_LENGTH + 1].split(";")]
    if len(text) > MAX_LENGTH or verb not in VERBS or (verb == "off" and words):
        raise InvalidRequest(VALID, param=HEADER)
    wants_any, ttl_s = False, None
    for word in words:
        found = _TTL.fullmatch(word)
        if word == "any" and not wants_any:
            wants_any = True
        elif found is not None and ttl_s is None and 1 <= int(found[1]) <= MOST_TTL_S:
            ttl_s = int(found[1])
        else:
            raise InvalidRequest(VALID, param=HEADER)
    return CacheWish(verb=verb, any=wants_any, ttl_s=ttl_s)

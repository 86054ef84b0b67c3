"""What is kept of one answer: sealed, and good for one tenant and one request only."""

import logging
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from metering.answer_cache.key import CacheKey
from metering.packed import parts_of
from metering.seal import CannotOpen, seal, unseal

MAX_ANSWER_BYTES = 1024 * 1024
"""A longer answer is not kept."""
MAX_PACKED_BYTES = 192 * 1024
"""Nor one that is longer than this when it is packed. Sealed, that is a quarter of a MiB."""
ONLY_USAGE, CONTENT = b"u", b"c"
"""How a part begins: a stream's chunk that tells its usage and nothing else, or anything else."""
logger = logging.getLogger(__name__)


class Entry(Struct, frozen=True, kw_only=True):
    """One part if the answer came whole, else the chunks of its stream, those with its usage too."""

    tenant: bytes
    digest: bytes
    """Of its key, so that no other key's content passes for it."""
    kept_at_s: float
    """Seconds since the epoch."""
    model: str
    provider_name: str
    response_model: str
    is_streamed: bool
    is_plain: bool
    """Whether it is given to callers who did not ask for `any`."""
    list_cost_nano_usd: int
    """What the call that brought it cost before markups."""
    packed: bytes

    def age_s(self, now_s: float) -> int:
        """Whole seconds since it was kept, by the clocks of two processes."""
        return max(0, int(now_s - self.kept_at_s))

    def parts(self) -> Iterator[tuple[bytes, bool]]:
        """Each with whether it is only usage."""
        for part in parts_of(self.packed):
            yield part[1:], part[:1] == ONLY_USAGE


def sealed(entry: Entry) -> bytes:
    return seal(msgspec.msgpack.encode(entry))


def opened(content: bytes, key: CacheKey) -> Entry | None:
    """The entry, if it is this key's and can be read."""
    try:
        entry = msgspec.msgpack.decode(unseal(content), type=Entry)
    except (CannotOpen, msgspec.DecodeError) as error:
        logger.warning("answer_cache.unreadable", extra={"error": type(error).__name__})
        return None
    if (entry.tenant, entry.digest) != (key.tenant_id.bytes, key.digest):
        logger.error("answer_cache.of_another_key", extra={"tenant_id": str(key.tenant_id)})
        return None
    return entry

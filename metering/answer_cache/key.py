"""Under which key an answer is kept: equal for two requests only if nothing that matters to the answer differs."""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from types import MappingProxyType
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from metering.answer_cache.protocols.by_protocol import CACHED
from metering.catalog.served import ServedModel
from metering.ports import Body
from metering.types import WireProtocol

DIGEST_BYTES = 32
NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_encode = msgspec.json.Encoder(order="sorted").encode


class CacheKey(Struct, frozen=True, kw_only=True):
    """The tenant whose answer it is, and the digest of the request that it answers."""

    tenant_id: UUID
    digest: bytes

    @property
    def name(self) -> str:
        """The name by which the store knows the entry within the tenant."""
        return self.digest.hex()


def key_of(
    *,
    tenant_id: UUID,
    task: str,
    models: Iterable[tuple[ServedModel, int]],
    body: Body,
    protocol: WireProtocol = WireProtocol.CHAT,
    headers: Mapping[str, str] = NO_HEADERS,
) -> CacheKey:
    """The key of a request that these models may serve, each with answers of at most so many tokens. `headers` are
    those of its protocol.

    Whoever may have longer answers, or other models, has other keys; in which order they are tried does not matter.
    The encoding is JSON with sorted names, which is different for different values, so that two requests share a key
    only if they are the same.
    """
    left_out = CACHED[protocol].left_out
    asked = {name: value for name, value in body.items() if name not in left_out}
    served = sorted(
        [
            (model.name, model.provider_name, model.physical_name, answer_tokens)
            for model, answer_tokens in models
        ]
    )
    options = _other_options(body.get("stream_options"))
    content = _encode([str(tenant_id), task, protocol, served, options, dict(headers), asked])
    return CacheKey(tenant_id=tenant_id, digest=blake2b(content, digest_size=DIGEST_BYTES).digest())


def _other_options(options: object) -> dict[str, Any]:
    """How a stream is to be, beyond whether it tells its usage, which is decided when it is read."""
    if not isinstance(options, Mapping):
        return {}
    return {name: value for name, value in options.items() if name != "include_usage"}

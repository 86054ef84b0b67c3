"""Which protocol is cached by which rules."""

from collections.abc import Mapping

from metering.answer_cache.protocols.chat import CachedChat
from metering.answer_cache.protocols.embeddings import CachedEmbeddings
from metering.answer_cache.protocols.messages import CachedMessages
from metering.answer_cache.protocols.protocol import CachedProtocol
from metering.answer_cache.protocols.responses import CachedResponses
from metering.types import WireProtocol

CACHED: Mapping[WireProtocol, CachedProtocol] = {
    WireProtocol.CHAT: CachedChat(),
    WireProtocol.MESSAGES: CachedMessages(),
    WireProtocol.RESPONSES: CachedResponses(),
    WireProtocol.EMBEDDINGS: CachedEmbeddings(),
}

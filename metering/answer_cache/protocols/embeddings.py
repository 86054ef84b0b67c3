"""OpenAI's embeddings in the cache: a text has one embedding at a model, so every request is for it."""

from collections.abc import Mapping
from typing import Any

from metering.answer_cache.protocols.protocol import CachedProtocol
from metering.ports import Body


class CachedEmbeddings(CachedProtocol):
    """OpenAI's embeddings."""

    changes_no_answer = frozenset({"metadata", "user", "stream"})

    def why_not(self, body: Body, *, any_: bool) -> str:
        return ""

    def is_kept(self, answer: Mapping[str, Any], *, any_: bool) -> bool:
        return answer.get("object") == "list" and bool(answer.get("data")) and not answer.get("error")

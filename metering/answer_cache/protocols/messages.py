"""Anthropic's Messages in the cache. Nothing of an answer repeats the request."""

from collections.abc import Iterator, Mapping
from typing import Any

from metering.admission.forms.chat import items, mappings
from metering.admission.forms.kinds import kind_of
from metering.admission.forms.messages import MESSAGES, all_blocks, is_callers
from metering.answer_cache.protocols.conversation import MCP, CachedConversation, Part
from metering.ports import Body

STATE_FIELDS = ("container", "diagnostics")
"""The first names a machine at the vendor that later calls go on with, the second an earlier answer."""
UPLOAD = "container_upload"
RESULT = "tool_result"
"""How the types of blocks end that hold what a tool said, the caller's or the vendor's."""
FIXED_BLOCKS = frozenset(
    {"text", "thinking", "redacted_thinking", "tool_use", "server_tool_use", "search_result"}
)
FILES = ("image", "document")
FIXED_SOURCES = ("base64", "text", "content")
FINISHED = ("end_turn", "stop_sequence", "max_tokens")
"""An answer that reached its limit would reach it again: the limit is part of the key."""
CALLED = "tool_use"
SAID = frozenset({"text", "thinking", "redacted_thinking"})
CALLS = frozenset({"tool_use", "server_tool_use", "web_search_tool_result", "web_fetch_tool_result"})
"""Blocks of answers for `any`. Other tools of the vendor's leave something behind, or do something."""


class CachedMessages(CachedConversation):
    """Anthropic's Messages."""

    form = MESSAGES
    changes_no_answer = frozenset({"metadata", "stream"})
    said_otherwise = frozenset({"model", "max_tokens"})

    def is_stored(self, body: Body) -> bool:
        return False

    def refers_to_state(self, body: Body) -> bool:
        if any(body.get(name) is not None for name in STATE_FIELDS):
            return True
        return any(kind_of(block) == UPLOAD for block in self.parts_of(body))

    def has_sound(self, body: Body) -> bool:
        return False

    def has_tool_results(self, body: Body) -> bool:
        return any(kind_of(block).endswith(RESULT) for block in self.parts_of(body))

    def tools_of(self, body: Body) -> list[Any]:
        servers = [{"type": MCP} for _ in items(body.get("mcp_servers"))]
        return [*items(body.get("tools")), *servers]

    def is_callers(self, tool: Any) -> bool:
        return is_callers(tool)

    def parts_of(self, body: Body) -> Iterator[Part]:
        yield from mappings(body.get("system"))
        yield from all_blocks(body)

    def is_fixed(self, part: Part) -> bool:
        kind, source = kind_of(part), part.get("source")
        if kind in FIXED_BLOCKS:
            return True
        return kind in FILES and isinstance(source, Mapping) and source.get("type") in FIXED_SOURCES

    def is_kept(self, answer: Mapping[str, Any], *, any_: bool) -> bool:
        blocks, ended = answer.get("content"), answer.get("stop_reason")
        if answer.get("error") or answer.get("container") or not isinstance(blocks, list) or not blocks:
            return False
        kinds = set(map(kind_of, blocks))
        if kinds <= SAID:
            return ended in FINISHED
        return any_ and kinds <= SAID | CALLS and ended in (CALLED, *FINISHED)

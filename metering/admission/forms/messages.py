"""The request of Anthropic's Messages: the fields that bear cost, its blocks, and how it is sent to a model.

Source: Anthropic's API reference, November 2026.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from metering.admission.forms.chat import (
    Caches,
    Parts,
    RequestForm,
    Unpriced,
    is_known_tool,
    items,
    knows_tier,
    mappings,
    note_cache,
)
from metering.admission.forms.kinds import kind_of
from metering.admission.text_tokens import TextCeiling
from metering.catalog.served import ServedModel
from metering.ports import Body
from metering.price import Asked, Price

LEVERS = {
    "service_tier": ("auto", "standard_only"),  # the vendor is asked for the plain tier with both
    "speed": ("standard",),
    "inference_geo": ("global",),
}
"""Fields that move the price by a factor → the values that cost what the list says. Prices have the factors of all
three among those of service tiers, as the answer names what was served: `standard+fast+us`.
"""
OWN_TOOLS = ("bash_", "text_editor_", "computer_", "memory_")
"""How the types of tools begin that the caller runs, although the vendor describes them to the model."""
OWN_TOOL_TOKENS = 2_048
"""More than the description of any of them."""
BETAS = "anthropic-beta"
SAVING_EDITS = ("clear_tool_uses_", "clear_thinking_")
"""Edits of the context that only take input away."""
TEXT_BLOCKS = frozenset({"text", "tool_use", "thinking", "redacted_thinking", "search_result"})
"""Blocks whose tokens their bytes bound."""
PICTURE_FIELDS = frozenset({"type", "source", "cache_control"})
CHANGES_TOOLS = "tool_"
"""How the types of blocks begin that offer tools in the middle of a conversation, and those of calls and results."""
SAFE_BETAS = (
    "claude-code-",
    "interleaved-thinking-",
    "thinking-token-count-",
    "context-management-",
    "prompt-caching-",
    "extended-cache-ttl-",
    "mid-conversation-system-",
    "effort-",
    "fast-mode-",
    "fine-grained-tool-streaming-",
    "token-efficient-tools-",
    "structured-outputs-",
    "output-128k-",
    "pdfs-",
    "computer-use-",
)
"""How betas begin that let nothing be billed which the body does not show."""
LEAST_THINKING = 1_024
"""Tokens; a smaller budget is refused by the vendor."""
METADATA = ("user_id",)
"""What the vendor takes; the rest is the gateway's own."""

_NAMES = """
    model messages max_tokens system stream temperature top_p top_k stop_sequences tools tool_choice thinking
    output_config output_format metadata cache_control service_tier context_management
    speed inference_geo container mcp_servers fallbacks diagnostics
"""


def _is_unknown(plain: tuple[str, ...]) -> Callable[[Any, Price], bool]:
    """Whether a value other than these costs what the price does not know."""
    return lambda value, price: value not in plain and not knows_tier(value, price)


_UNPRICED: Unpriced = {
    **{name: _is_unknown(plain) for name, plain in LEVERS.items()},
    "tools": lambda tools, price: (
        not all(is_callers(tool) or is_known_tool(tool, price, frozenset()) for tool in items(tools))
    ),
    "context_management": lambda value, price: not _only_saves(value),
    "container": lambda value, price: True,
    "mcp_servers": lambda value, price: value != [],
    "fallbacks": lambda value, price: value != [],
    "messages": lambda messages, price: any(map(_offers_tools, all_blocks({"messages": messages}))),
}


class MessagesForm(RequestForm):
    """The request form of Anthropic's Messages."""

    allowed = frozenset(_NAMES.split())
    unpriced_values = _UNPRICED
    output_fields = ("max_tokens",)
    schema_fields = ("tools", "output_config", "output_format")

    def caches_of(self, body: Body) -> Caches:
        found: Caches = []
        note_cache(found, "cache_control", body.get("cache_control"))
        for field in ("tools", "system"):
            for item in mappings(body.get(field)):
                note_cache(found, field, item.get("cache_control"))
        for block in all_blocks(body):
            note_cache(found, "messages", block.get("cache_control"))
        return found

    def asked_of(self, body: Body, caches: Caches, parts: Parts) -> Asked:
        asked = [value for name, plain in LEVERS.items() if (value := body.get(name)) and value not in plain]
        tier = "+".join([value for value in asked if isinstance(value, str)])
        return super().asked_of({"service_tier": tier}, caches, parts)

    def parts_beyond_text(self, body: Body) -> Parts:
        return [_as_part(block) for block in all_blocks(body) if not _is_text(block)]

    def text_alone(self, body: Body) -> Body:
        messages = [
            {**message, "content": _texts_of(message.get("content"))}
            if isinstance(message, Mapping)
            else message
            for message in items(body.get("messages"))
        ]
        return {**body, "messages": messages}

    def has_vendors_tool(self, body: Body) -> bool:
        return not all(map(is_callers, items(body.get("tools"))))

    def choices_of(self, body: Body) -> int:
        return 1

    def overhead_of(self, body: Body) -> int:
        own = sum(not _is_described(tool) for tool in items(body.get("tools")))
        return super().overhead_of(body) + own * OWN_TOOL_TOKENS

    def spared_by_counting(self, body: Body, tokenizer: str, text_ceiling: TextCeiling) -> int:
        """0: its texts are bounded by their bytes alone."""
        return 0

    def edited(self, body: Body, model: ServedModel, output_tokens: int) -> Body:
        edited = {**body, "model": model.physical_name, "max_tokens": output_tokens}
        thinking = edited.get("thinking")
        if isinstance(thinking, Mapping) and output_tokens > LEAST_THINKING:
            budget = thinking.get("budget_tokens")
            if isinstance(budget, int) and budget >= output_tokens:  # it is a part of the limit
                edited["thinking"] = {**thinking, "budget_tokens": output_tokens - 1}
        metadata = edited.pop("metadata", None)
        if isinstance(metadata, Mapping):
            kept = {name: metadata[name] for name in METADATA if metadata.get(name) is not None}
            if kept:
                edited["metadata"] = kept
        return edited


MESSAGES = MessagesForm()


def within_hard_budget(headers: Mapping[str, str]) -> Mapping[str, str]:
    """The protocol's headers without the betas that may let more be billed than is held, such as longer contexts."""
    given = headers.get(BETAS)
    if given is None:
        return headers
    names = [name.strip() for name in given.split(",")]
    kept = ",".join([name for name in names if name.startswith(SAFE_BETAS)])
    others = {name: value for name, value in headers.items() if name != BETAS}
    return {**others, BETAS: kept} if kept else others


def _offers_tools(block: Mapping[str, Any]) -> bool:
    kind = str(block.get("type"))
    return kind.startswith(CHANGES_TOOLS) and kind not in ("tool_use", "tool_result")


def _is_described(tool: object) -> bool:
    """Whether the request itself says all that the model is told of the tool."""
    return isinstance(tool, Mapping) and tool.get("type") in (None, "custom")


def is_callers(tool: object) -> bool:
    """Whether the caller runs the tool."""
    if _is_described(tool):
        return True
    kind = tool.get("type") if isinstance(tool, Mapping) else None
    return isinstance(kind, str) and kind.startswith(OWN_TOOLS)


def _only_saves(value: object) -> bool:
    edits = value.get("edits") if isinstance(value, Mapping) else None
    return edits is None or all(
        isinstance(edit, Mapping) and str(edit.get("type")).startswith(SAVING_EDITS) for edit in items(edits)
    )


def all_blocks(body: Body) -> Iterator[Mapping[str, Any]]:
    """The blocks of all messages, and those inside tools' results and documents."""
    for message in mappings(body.get("messages")):
        yield from _blocks(message.get("content"))


def _blocks(content: object) -> Iterator[Mapping[str, Any]]:
    for block in mappings(content):
        yield block
        if block.get("type") in ("tool_result", "search_result"):
            yield from _blocks(block.get("content"))
        elif block.get("type") == "document" and isinstance(source := block.get("source"), Mapping):
            yield from _blocks(source.get("content"))


def _is_text(block: Mapping[str, Any]) -> bool:
    kind = kind_of(block)
    if kind == "tool_result":
        return True  # the blocks in it are looked at one by one
    if kind == "document":
        source = block.get("source")
        return isinstance(source, Mapping) and source.get("type") == "text"
    return kind in TEXT_BLOCKS


def _as_part(block: Mapping[str, Any]) -> Mapping[str, Any]:
    """A picture in chat's shape, in which pictures are measured; of anything else the type alone."""
    source = block.get("source")
    if block.get("type") == "image" and isinstance(source, Mapping):
        url = source.get("url")
        if source.get("type") == "base64":
            url = f"data:{source.get('media_type')};base64,{source.get('data')}"
        others = {name: value for name, value in block.items() if name not in PICTURE_FIELDS}
        return {**others, "type": "image_url", "image_url": {"url": url}}
    return {"type": str(block.get("type"))}


def _texts_of(content: object) -> object:
    if not isinstance(content, list):
        return content
    return [
        {**block, "content": _texts_of(block.get("content"))} if block.get("type") == "tool_result" else block
        for block in mappings(content)
        if _is_text(block)
    ]

"""What another vendor wants back with a tool call, carried in a `redacted_thinking` block before the call.

Clients of this protocol send such blocks back unread. The chat protocol has the field `extra_content` for it
(`providers/signatures.py`). The data begins with MARK, so Anthropic's own blocks are never taken for one of these.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import msgspec

from providers.openai_compatible.lenient_json import NotJson, encode_lenient

MARK = "gateway-carried."
TYPE = "redacted_thinking"


def carrying(tool_id: str, extra: Mapping[str, Any]) -> dict[str, Any] | None:
    """The block for a call's `extra_content`; None where it cannot be written."""
    try:
        written = encode_lenient({"id": tool_id, "extra": extra})
    except NotJson:
        return None
    return {"type": TYPE, "data": MARK + base64.urlsafe_b64encode(written).decode()}


def carried_in(block: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    """The id of the call and its `extra_content`, if a block carries one."""
    data = block.get("data")
    if block.get("type") != TYPE or not isinstance(data, str) or not data.startswith(MARK):
        return None
    try:
        value = msgspec.json.decode(base64.urlsafe_b64decode(data[len(MARK) :].encode()))
    except (binascii.Error, ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    tool_id, extra = value.get("id"), value.get("extra")
    return (tool_id, extra) if isinstance(tool_id, str) and isinstance(extra, dict) else None


def without_carried(messages: object) -> object:
    """The messages without such blocks, for Anthropic, which did not make them. A turn of nothing else is left out."""
    if not isinstance(messages, list):
        return messages
    stripped = [_without(message) for message in messages]
    return [message for message in stripped if message is not None]


def _without(message: Any) -> Any:
    content = message.get("content") if isinstance(message, Mapping) else None
    if not isinstance(content, list):
        return message
    kept = [block for block in content if not is_ours(block)]
    if len(kept) == len(content):
        return message
    return {**message, "content": kept} if kept else None


def is_ours(block: object) -> bool:
    """Whether no model of Anthropic's made it: it carries something, or is a thought that nobody has signed."""
    if not isinstance(block, Mapping):
        return False
    if block.get("type") == "thinking":
        return not block.get("signature")
    return block.get("type") == TYPE and isinstance(data := block.get("data"), str) and data.startswith(MARK)

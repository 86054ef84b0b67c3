"""Which requests may be answered from the cache: those whose answer would be the same again. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from metering.admission.forms.chat import ALLOWED, PLAIN_TOOLS, TEXT_PARTS
from metering.ports import Body
from metering.types import WireProtocol

SAMPLED = "sampled"
"""The temperature is not 0. One that is left out is the vendor's own, which is not 0."""
CHOICES = "choices"
"""Several answers are asked for."""
TOOL_RESULTS = "tool_results"
"""Its messages contain what tools said: what they would say now may be something else."""
LIVE = "live"
"""The vendor runs tools, or a field is not known here: the answer may depend on more than the request."""
CONTENT = "content"
"""A picture or file behind an address may change."""
PROTOCOL = "protocol"
"""Answers in this protocol are not kept."""
AUDIO = "audio"
STORED = "stored"
"""The vendor is to store the answer, so it has to get the request."""

TOOL_ROLES = ("tool", "function")
TOOL_PARTS = ("tool_result", "function_call_output")
SOUND = ("input_audio", "audio")


def why_not_asked(body: Body, protocol: WireProtocol = WireProtocol.CHAT, *, any_: bool) -> str:
    """The reason why the request is neither looked up nor kept; empty: it may be.

    `any_`: the caller asks for every kind but those that never are, sound and what the vendor is to store.
    """
    if protocol is not WireProtocol.CHAT:
        return "" if protocol is WireProtocol.EMBEDDINGS else PROTOCOL  # an input has one embedding
    parts = list(_parts(body))
    if body.get("store"):
        return STORED
    if _has_sound(body, parts):
        return AUDIO
    if any_:
        return ""
    if not _is_zero(body.get("temperature")):
        return SAMPLED
    if (body.get("n") or 1) != 1:
        return CHOICES
    if _has_tool_results(body, parts):
        return TOOL_RESULTS
    if _is_live(body):
        return LIVE
    return "" if all(map(_is_fixed, parts)) else CONTENT


def _is_zero(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == 0


def _has_sound(body: Body, parts: list[Mapping[str, Any]]) -> bool:
    modalities = body.get("modalities")
    if body.get("audio") is not None or (modalities is not None and modalities != ["text"]):
        return True
    said_before = any(message.get("audio") is not None for message in _messages(body))
    return said_before or any(part.get("type") in SOUND for part in parts)


def _has_tool_results(body: Body, parts: list[Mapping[str, Any]]) -> bool:
    said = any(message.get("role") in TOOL_ROLES for message in _messages(body))
    return said or any(part.get("type") in TOOL_PARTS for part in parts)


def _is_live(body: Body) -> bool:
    if any(name not in ALLOWED for name, value in body.items() if value is not None):
        return True
    tools = body.get("tools")
    return isinstance(tools, list) and not all(
        isinstance(tool, Mapping) and str(tool.get("type", "function")) in PLAIN_TOOLS for tool in tools
    )


def _is_fixed(part: Mapping[str, Any]) -> bool:
    """Whether the part says all of it itself."""
    kind = str(part.get("type"))
    if kind in TEXT_PARTS:
        return True
    picture = part.get("image_url")
    url = picture.get("url") if isinstance(picture, Mapping) else picture
    return kind == "image_url" and isinstance(url, str) and url.startswith("data:")


def _messages(body: Body) -> Iterator[Mapping[str, Any]]:
    messages = body.get("messages")
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, Mapping):
            yield message


def _parts(body: Body) -> Iterator[Mapping[str, Any]]:
    for message in _messages(body):
        content = message.get("content")
        for part in content if isinstance(content, list) else ():
            if isinstance(part, Mapping):
                yield part

"""The messages of a chat request as Anthropic's turns."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from providers.signatures import brought_back
from providers.translated.parts import (
    data_url,
    file_address,
    messages_of,
    parts_of,
    picture_address,
    text_of,
    tool_calls_of,
)
from providers.translated.refusal import mapping_at, refusal, text_at

VENDOR = "anthropic"
PICTURES = ("image/jpeg", "image/png", "image/gif", "image/webp")
PDF = "application/pdf"
THOUGHTS = {"thinking": {"type", "thinking", "signature"}, "redacted_thinking": {"type", "data"}}
"""Kinds of blocks that a model wants back unchanged → their keys."""
_NOT_IN_IDS = re.compile(r"[^a-zA-Z0-9_-]")
Block = dict[str, Any]


def turns_of(body: Mapping[str, Any], model: str) -> tuple[list[Block], list[dict[str, Any]]]:
    """The system prompt's blocks, and the turns of user and assistant. Raises ProviderError for what is neither.

    All system prompts go to the beginning, in their order, as in Anthropic's own OpenAI-shaped door. Turns of one role
    that follow each other become one: all results of parallel tool calls have to be in one turn.
    """
    system: list[Block] = []
    turns: list[dict[str, Any]] = []
    for path, message in messages_of(body):
        role = message.get("role")
        if role in ("system", "developer"):
            system += _cached(_texts(message, path), message, path)
            continue
        if role == "user":
            blocks = list(_blocks(message.get("content"), f"{path}.content"))
            if not blocks:
                raise refusal(f"{path}.content", "is empty")
        elif role == "assistant":
            blocks = list(_assistants(message, path, model))
        elif role == "tool":
            role, blocks = "user", [_result(message, path)]
        else:
            raise refusal(f"{path}.role", "has to be system, developer, user, assistant or tool")
        blocks = _cached(blocks, message, path)
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        elif blocks:
            turns.append({"role": role, "content": blocks})
    if not turns:
        raise refusal("messages", "have to hold one of the user")
    return system, turns


def _texts(message: Mapping[str, Any], path: str) -> list[Block]:
    """Blocks that can only be text."""
    blocks = []
    for here, part in parts_of(message.get("content"), f"{path}.content"):
        text = text_of(part, here)
        if text is None:
            raise refusal(here, "can only be text for this vendor")
        blocks.append(_with_cache({"type": "text", "text": text}, part, here))
    return blocks


def _assistants(message: Mapping[str, Any], path: str, model: str) -> Iterator[Block]:
    """First the thoughts before the first tool call, then the text, then the calls, each after its own thoughts."""
    calls = list(tool_calls_of(message, path))
    for place, call in enumerate(calls):
        yield from _thoughts(brought_back(call.extra, VENDOR, model))
        if place == 0:
            yield from _texts(message, path)
        yield {"type": "tool_use", "id": tool_id(call.id), "name": call.name, "input": call.arguments}
    if not calls:
        yield from _texts(message, path)


def _thoughts(extra: Mapping[str, Any]) -> Iterator[Block]:
    """Blocks as the model made them; what is not one of them is not its own."""
    blocks = extra.get("thinking_blocks")
    for block in blocks if isinstance(blocks, list) else ():
        if isinstance(block, Mapping) and set(block) == THOUGHTS.get(str(block.get("type"))):
            yield dict(block)


def _result(message: Mapping[str, Any], path: str) -> Block:
    result: Block = {
        "type": "tool_result",
        "tool_use_id": tool_id(text_at(message.get("tool_call_id"), f"{path}.tool_call_id")),
    }
    content = message.get("content")
    if isinstance(content, str):
        return {**result, "content": content}
    return {**result, "content": list(_blocks(content, f"{path}.content"))}


def _blocks(content: object, path: str) -> Iterator[Block]:
    """Texts, pictures and documents. Raises ProviderError for any other part."""
    for here, part in parts_of(content, path):
        if (text := text_of(part, here)) is not None:
            block: Block = {"type": "text", "text": text}
        elif (address := picture_address(part, here)) is not None:
            block = {"type": "image", "source": _source(address, f"{here}.image_url.url", PICTURES)}
        elif (address := file_address(part, here)) is not None:
            block = {"type": "document", "source": _source(address, f"{here}.file.file_data", (PDF,))}
        else:
            raise refusal(here, "is of a type that this vendor does not take")
        yield _with_cache(block, part, here)


def _source(address: str, path: str, media_types: tuple[str, ...]) -> dict[str, str]:
    """Where a file is: in the request itself, or at an address from which the vendor fetches it."""
    inside = data_url(address, path)
    if inside is None:
        if not address.lower().startswith(("https://", "http://")):
            raise refusal(path, "has to begin with https://, http:// or data:")
        return {"type": "url", "url": address}
    if inside.media_type not in media_types:
        raise refusal(path, f"has to be of the type {', '.join(media_types)} for this vendor")
    return {"type": "base64", "media_type": inside.media_type, "data": inside.data}


def _with_cache(block: Block, part: Mapping[str, Any], path: str) -> Block:
    cache = part.get("cache_control")
    return block if cache is None else {**block, "cache_control": mapping_at(cache, f"{path}.cache_control")}


def _cached(blocks: list[Block], message: Mapping[str, Any], path: str) -> list[Block]:
    """A mark on a whole message stands on its last block."""
    return [*blocks[:-1], _with_cache(blocks[-1], message, path)] if blocks else blocks


def tool_id(given: str) -> str:
    """A call's id in the letters that Anthropic takes: ids of other vendors may have more."""
    plain = _NOT_IN_IDS.sub("_", given)
    return (
        plain
        if plain == given
        else f"{plain[:40]}_{hashlib.sha256(given.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"
    )

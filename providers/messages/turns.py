"""The system prompt and the turns of a Messages request as chat messages."""

from collections.abc import Iterator, Mapping
from typing import Any

from providers.messages.carried import carried_in
from providers.messages.parts import Part, blocks_of, content_of, marked, part_of, text_part
from providers.messages.results import said_by_tool, shown_to_user
from providers.openai_compatible.lenient_json import NotJson, encode_lenient
from providers.translated.refusal import list_at, mapping_at, refusal, text_at

Message = dict[str, Any]
THOUGHTS = frozenset({"thinking", "redacted_thinking"})
"""Blocks that only the model that made them can read."""
FAILED = "Error: "
"""How the result of a call that failed begins: a chat message has no field for it."""


def chat_messages(body: Mapping[str, Any]) -> list[Message]:
    """All messages, the system prompt first. Results of tool calls stand behind the calls, whatever was said before
    them and in however many turns they came. Raises ProviderError.
    """
    messages: list[Message] = []
    if body.get("system"):
        messages += _system(body["system"], "system")
    given = list_at(body.get("messages"), "messages")
    results_at = len(messages)
    for place, each in enumerate(given):
        path = f"messages[{place}]"
        message = mapping_at(each, path)
        for field in message:
            if field not in ("role", "content") and message[field] is not None:
                raise refusal(f"{path}.{field}", "is not known in messages")
        match message.get("role"):
            case "user":
                results, said = _users(message.get("content"), f"{path}.content")
                messages[results_at:results_at] = results
                messages += said
                results_at += len(results)
            case "assistant":
                messages += _assistants(message.get("content"), f"{path}.content")
                results_at = len(messages)
            case "system":
                messages += _system(message.get("content"), f"{path}.content")
            case _:
                raise refusal(f"{path}.role", "has to be user, assistant or system")
    if all(message["role"] == "system" for message in messages):
        raise refusal("messages", "have to hold one of the user")
    return messages


def _system(content: object, path: str) -> Iterator[Message]:
    parts = [part for here, block in blocks_of(content, path) for part in _only_text(block, here)]
    if parts:
        yield {"role": "system", "content": content_of(parts)}


def _only_text(block: Mapping[str, Any], path: str) -> Iterator[Part]:
    if block.get("type") != "text":
        raise refusal(f"{path}.type", "can only be text here")
    return text_part(block, path)


def _users(content: object, path: str) -> tuple[list[Message], list[Message]]:
    """Results of tool calls, each a message of its own, and what else is said, with the pictures in them."""
    results: list[Message] = []
    parts: list[Part] = []
    for here, block in blocks_of(content, path):
        if block.get("type") == "tool_result":
            message, pictures = _result(block, here)
            results.append(message)
            parts += pictures
        else:
            parts += part_of(block, here)
    if not (results or parts):
        raise refusal(path, "is empty")
    return results, [{"role": "user", "content": content_of(parts)}] if parts else []


def _result(block: Mapping[str, Any], path: str) -> tuple[Message, list[Part]]:
    """The message of a result, and what of it no such message can hold."""
    id = text_at(block.get("tool_use_id"), f"{path}.tool_use_id")
    content = block.get("content")
    parts = [
        part
        for here, inner in (() if content is None else blocks_of(content, f"{path}.content"))
        for part in part_of(inner, here)
    ]
    said = said_by_tool(parts)
    if block.get("is_error") and not said.lower().startswith("error"):
        said = FAILED + said
    message = marked({"role": "tool", "tool_call_id": id, "content": said}, block)
    return message, shown_to_user(id, parts)


def _assistants(content: object, path: str) -> Iterator[Message]:
    """Texts, then calls, each with what its vendor wants back. Thoughts stay out: no other model can use them."""
    parts: list[Part] = []
    calls: list[dict[str, Any]] = []
    carried: dict[str, Mapping[str, Any]] = {}
    mark: dict[str, Any] = {}
    for here, block in blocks_of(content, path):
        match block.get("type"):
            case "text":
                parts += text_part(block, here)
            case "tool_use":
                calls.append(_call(block, here))
                mark = marked({}, block)
            case kind if kind in THOUGHTS:
                if (found := carried_in(block)) is not None:
                    carried[found[0]] = found[1]
            case kind:
                raise refusal(f"{here}.type", f"`{kind}` cannot be translated for this vendor"[:200])
    for call in calls:
        if call["id"] in carried:
            call["extra_content"] = carried[call["id"]]
    if parts or calls:
        message: Message = {"role": "assistant", "content": _joined(parts)}
        yield {**message, "tool_calls": calls, **mark} if calls else message


def _joined(parts: list[Part]) -> object:
    """What an assistant says is one text, however it was cut into blocks."""
    if any("cache_control" in part for part in parts):
        return parts
    return "".join(part["text"] for part in parts) or None


def _call(block: Mapping[str, Any], path: str) -> dict[str, Any]:
    if block.get("toolset_name") is not None:
        raise refusal(f"{path}.toolset_name", "names tools that this vendor does not have")
    caller = block.get("caller")
    if caller is not None and mapping_at(caller, f"{path}.caller").get("type") != "direct":
        raise refusal(f"{path}.caller", "can only be the model itself for this vendor")
    try:
        arguments = encode_lenient(mapping_at(block.get("input"), f"{path}.input")).decode()
    except NotJson:
        raise refusal(f"{path}.input", "is nested too deeply") from None
    return {
        "id": text_at(block.get("id"), f"{path}.id"),
        "type": "function",
        "function": {"name": text_at(block.get("name"), f"{path}.name"), "arguments": arguments},
    }

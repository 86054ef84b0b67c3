"""The input of a Responses request as messages of a chat completion.

What an assistant said and the calls it made are items of their own, in the order in which they were made; in chat they
are one message. So assistant items that follow each other are put together, up to the first that is none.
"""

from collections.abc import Mapping
from typing import Any

from providers.messages.results import said_by_tool, shown_to_user
from providers.responses.content import content_of
from providers.responses.fields import refuse_others
from providers.responses.marks import opened
from providers.responses.namespaces import joined_name
from providers.responses.tools import arguments_of
from providers.signatures import FIELD
from providers.translated.refusal import list_at, mapping_at, refusal, text_at, word_at

ROLES = {"user": "user", "assistant": "assistant", "system": "system", "developer": "system"}
"""Theirs → chat's, of which `developer` is known to few vendors."""
JOINED_BY = {"system": "\n\n", "assistant": "", "user": None}
"""What stands between the texts of one message, where they become one."""
MESSAGE = frozenset({"type", "role", "content", "id", "status", "phase"})
CALL = frozenset(
    {
        "type",
        "id",
        "call_id",
        "name",
        "namespace",
        "arguments",
        "input",
        "status",
        "parsed_arguments",
        "caller",
    }
)
OUTPUT = frozenset({"type", "id", "call_id", "output", "status", "name", "caller"})
DIRECTLY = (None, {"type": "direct"})
Message = dict[str, Any]


def messages_of(body: Mapping[str, Any]) -> list[Message]:
    """All messages, the instructions first. Raises ProviderError for an item that has no counterpart."""
    given, instructions = body.get("input"), body.get("instructions")
    system = [_system(text_at(instructions, "instructions"))] if instructions else []
    if isinstance(given, str):
        return [*system, {"role": "user", "content": text_at(given, "input")}]
    turns = Turns(_carried(list_at(given, "input")))
    for place, each in enumerate(given or ()):
        path = f"input[{place}]"
        turns.add(mapping_at(each, path), path)
    turns.close()
    if not turns.messages:
        raise refusal("input", "has to hold a message")
    return _joined([*system, *turns.messages])


class Turns:
    """Puts messages together, item by item."""

    def __init__(self, carried: Mapping[str, Any]) -> None:
        """`carried` is what calls want back, by their ids."""
        self.messages: list[Message] = []
        self._carried = carried
        self._assistant: Message | None = None
        self._shown: list[dict[str, Any]] = []
        """What no tool can say of the results so far."""

    def add(self, item: Mapping[str, Any], path: str) -> None:
        kind = item.get("type")
        if kind is None and "role" in item:
            kind = "message"
        match kind:
            case "message":
                self._add_message(item, path)
            case "function_call":
                self._add_call(item, path, text_of_call(item, "arguments", path))
            case "custom_tool_call":
                self._add_call(item, path, arguments_of(text_of_call(item, "input", path)))
            case "function_call_output" | "custom_tool_call_output":
                self._add_output(item, path)
            case "additional_tools":
                pass  # read with the other tools
            case "reasoning":
                pass  # a model's own thoughts mean nothing to another; what calls need of them was read before
            case "item_reference":
                raise refusal(
                    f"{path}.type", "is `item_reference`, but nothing is stored here: send the item itself"
                )
            case _:
                kind = text_at(kind, f"{path}.type")
                raise refusal(f"{path}.type", f"is `{kind[:32]}`, which cannot be translated for this vendor")

    def close(self) -> None:
        """End the results, and the assistant's message that is open; one that says nothing is left out."""
        if self._shown:
            self.messages.append({"role": "user", "content": self._shown})
            self._shown = []
        self._close_assistant()

    def _close_assistant(self) -> None:
        if self._assistant is not None and (self._assistant["content"] or "tool_calls" in self._assistant):
            self.messages.append(self._assistant)
        self._assistant = None

    def _add_message(self, item: Mapping[str, Any], path: str) -> None:
        refuse_others(item, path, MESSAGE)
        role = ROLES[word_at(item.get("role"), f"{path}.role", ROLES)]
        content = content_of(item.get("content"), f"{path}.content", joined_by=JOINED_BY[role])
        if role != "assistant":
            self.close()
            self.messages.append({"role": role, "content": content})
        elif self._assistant is not None and "tool_calls" in self._assistant:
            self._assistant["content"] = _together(self._assistant["content"], content)
        else:
            self.close()
            self._assistant = {"role": role, "content": content}

    def _add_call(self, item: Mapping[str, Any], path: str, arguments: str) -> None:
        refuse_others(item, path, CALL)
        _only_directly(item, path)
        name = text_at(item.get("name"), f"{path}.name")
        if item.get("namespace") is not None:
            name = joined_name(text_at(item["namespace"], f"{path}.namespace"), name)
        call: dict[str, Any] = {
            "id": text_at(item.get("call_id"), f"{path}.call_id"),
            "type": "function",
            "function": {"name": name, "arguments": arguments},
        }
        extra = self._carried.get(call["id"])
        if isinstance(extra, Mapping):
            call[FIELD] = extra
        if self._assistant is None:
            self.close()
            self._assistant = {"role": "assistant", "content": None}
        self._assistant.setdefault("tool_calls", []).append(call)

    def _add_output(self, item: Mapping[str, Any], path: str) -> None:
        refuse_others(item, path, OUTPUT)
        _only_directly(item, path)
        self._close_assistant()
        id = text_at(item.get("call_id"), f"{path}.call_id")
        content = content_of(item.get("output"), f"{path}.output", joined_by="\n")
        if not isinstance(content, str):
            self._shown += shown_to_user(id, content)
            content = said_by_tool(content)
        self.messages.append({"role": "tool", "tool_call_id": id, "content": content})


def text_of_call(item: Mapping[str, Any], name: str, path: str) -> str:
    """The text with which a tool was called, which may be empty."""
    given = item.get(name)
    return "" if given == "" else text_at(given, f"{path}.{name}")


def _only_directly(item: Mapping[str, Any], path: str) -> None:
    if item.get("caller") not in DIRECTLY:
        raise refusal(f"{path}.caller", "can only be `direct` at this vendor")


def _carried(items: list[Any]) -> dict[str, Any]:
    """What the calls of the whole conversation want back."""
    carried: dict[str, Any] = {}
    for item in items:
        if isinstance(item, Mapping) and item.get("type") == "reasoning":
            carried |= opened(item.get("encrypted_content"))
    return carried


def _system(text: object) -> Message:
    return {"role": "system", "content": text}


def _joined(messages: list[Message]) -> list[Message]:
    """The system prompts at the beginning as one: some models take no second one."""
    texts: list[str] = []
    for message in messages:
        if message["role"] != "system" or not isinstance(message["content"], str):
            break
        texts.append(message["content"])
    return [_system("\n\n".join(texts)), *messages[len(texts) :]] if texts else messages


def _together(content: str | list[Any] | None, more: str | list[Any]) -> str | list[Any]:
    """Two contents of one message."""
    if not content:
        return more
    if isinstance(content, str) and isinstance(more, str):
        return content + more
    parts = [[{"type": "text", "text": each}] if isinstance(each, str) else each for each in (content, more)]
    return [*parts[0], *parts[1]]

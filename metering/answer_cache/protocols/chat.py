"""Chat completions in the cache."""

from collections.abc import Iterator, Mapping
from typing import Any

from metering.admission.forms.chat import CHAT, OUTPUT_FIELDS, PLAIN_TOOLS, TEXT_PARTS, items, mappings
from metering.answer_cache.protocols.conversation import CachedConversation, Part
from metering.ports import Body

TOOL_ROLES = ("tool", "function")
TOOL_PARTS = ("tool_result", "function_call_output")
SOUND = ("input_audio", "audio")
FINISHED = ("stop", "length")
"""An answer that reached its limit would reach it again: the limit is part of the key."""
CALLED = ("tool_calls", "function_call")


class CachedChat(CachedConversation):
    """OpenAI's chat completions."""

    form = CHAT
    changes_no_answer = frozenset(
        {
            "metadata",
            "user",
            "user_id",
            "safety_identifier",
            "prompt_cache_key",
            "prompt_cache_retention",
            "stream",
        }
    )
    said_otherwise = frozenset({"model", "stream_options", *OUTPUT_FIELDS})

    def is_stored(self, body: Body) -> bool:
        return bool(body.get("store"))

    def refers_to_state(self, body: Body) -> bool:
        return False

    def has_sound(self, body: Body) -> bool:
        modalities = body.get("modalities")
        if body.get("audio") is not None or (modalities is not None and modalities != ["text"]):
            return True
        said_before = any(message.get("audio") is not None for message in _messages(body))
        return said_before or any(part.get("type") in SOUND for part in self.parts_of(body))

    def has_tool_results(self, body: Body) -> bool:
        said = any(message.get("role") in TOOL_ROLES for message in _messages(body))
        return said or any(part.get("type") in TOOL_PARTS for part in self.parts_of(body))

    def tools_of(self, body: Body) -> list[Any]:
        return items(body.get("tools"))

    def is_callers(self, tool: Any) -> bool:
        return isinstance(tool, Mapping) and str(tool.get("type", "function")) in PLAIN_TOOLS

    def parts_of(self, body: Body) -> Iterator[Part]:
        for message in _messages(body):
            yield from mappings(message.get("content"))

    def is_fixed(self, part: Part) -> bool:
        kind = str(part.get("type"))
        if kind in TEXT_PARTS:
            return True
        file = part.get("file")
        if kind == "file" and isinstance(file, Mapping):
            return isinstance(file.get("file_data"), str) and not file.get("file_id")
        picture = part.get("image_url")
        url = picture.get("url") if isinstance(picture, Mapping) else picture
        return kind == "image_url" and isinstance(url, str) and url.startswith("data:")

    def is_kept(self, answer: Mapping[str, Any], *, any_: bool) -> bool:
        choices = answer.get("choices")
        if answer.get("error") or not isinstance(choices, list) or not choices:
            return False
        return all(isinstance(choice, Mapping) and _is_kept(choice, any_=any_) for choice in choices)


def _messages(body: Body) -> Iterator[Mapping[str, Any]]:
    return mappings(body.get("messages"))


def _is_kept(choice: Mapping[str, Any], *, any_: bool) -> bool:
    message, ended = choice.get("message"), choice.get("finish_reason")
    if not isinstance(message, Mapping) or message.get("refusal") or message.get("audio"):
        return False
    if message.get("tool_calls") or message.get("function_call"):
        return any_ and ended in (*CALLED, *FINISHED)
    return ended in FINISHED

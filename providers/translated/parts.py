"""What the messages of a chat request hold, in OpenAI's shape, read for vendors that have other words for it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from providers.openai_compatible.traits import THOUGHTS
from providers.translated.refusal import list_at, mapping_at, refusal, text_at

TEXT_PARTS = frozenset({"text", "input_text", "output_text"})
PICTURE_PARTS = frozenset({"image_url", "input_image"})
SPEAKERS_NAME = ("user", "assistant", "system", "developer")
ECHOED = THOUGHTS | {"refusal", "annotations", "audio", "function_call", "extra_content"}
"""Fields of answers that clients send back with them; what has to be kept of them is in the tool calls."""
KNOWN = frozenset({"role", "content", "tool_calls", "tool_call_id", "name", "cache_control"}) | ECHOED
AS_IT_IS = (None, "auto", "high")
"""Values of `detail` with which a picture is sent as it is."""


class DataUrl(Struct, frozen=True):
    """A file inside a request."""

    media_type: str
    data: str
    """Base64."""


class ToolCall(Struct, frozen=True, kw_only=True):
    """A call of an assistant's message."""

    id: str
    name: str
    arguments: dict[str, Any]
    extra: Mapping[str, Any]
    """What a vendor wants back with it (`providers/signatures.py`)."""


def messages_of(body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each message with its path. Raises ProviderError for a field that nobody could translate."""
    for place, given in enumerate(list_at(body.get("messages"), "messages")):
        path = f"messages[{place}]"
        message = mapping_at(given, path)
        for field, value in message.items():
            if field not in KNOWN and value is not None:
                raise refusal(f"{path}.{field}", "is not known in messages")
        for field in ("audio", "function_call"):
            if message.get(field):
                raise refusal(f"{path}.{field}", "cannot be translated for this vendor")
        if message.get("name") and message.get("role") in SPEAKERS_NAME:
            raise refusal(f"{path}.name", "cannot be translated: this vendor knows no names of speakers")
        yield path, message


def parts_of(content: object, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The parts of a content, each with its path; empty texts say nothing and are left out."""
    if content is None or content == "":
        return
    if isinstance(content, str):
        yield path, {"type": "text", "text": content}
        return
    for place, given in enumerate(list_at(content, path)):
        part = mapping_at(given, f"{path}[{place}]")
        text_at(part.get("type"), f"{path}[{place}].type")
        if part["type"] not in TEXT_PARTS or part.get("text") != "":
            yield f"{path}[{place}]", part


def text_of(part: Mapping[str, Any], path: str) -> str | None:
    """The text of a part that is one."""
    if part.get("type") in TEXT_PARTS:
        return text_at(part.get("text"), f"{path}.text")
    if part.get("type") == "refusal":
        return text_at(part.get("refusal"), f"{path}.refusal")
    return None


def picture_address(part: Mapping[str, Any], path: str) -> str | None:
    """The address of a part that is a picture. Raises ProviderError for a detail that no other vendor has."""
    if part.get("type") not in PICTURE_PARTS:
        return None
    image = part.get("image_url")
    if isinstance(image, str):
        image = {"url": image}
    image = mapping_at(image, f"{path}.image_url")
    for detail in (image.get("detail"), part.get("detail")):
        if detail not in AS_IT_IS:
            raise refusal(f"{path}.image_url.detail", "can only be `auto` or `high` for this vendor")
    return text_at(image.get("url"), f"{path}.image_url.url")


def file_address(part: Mapping[str, Any], path: str) -> str | None:
    """The data URL of a part that is a file."""
    if part.get("type") != "file":
        return None
    file = mapping_at(part.get("file"), f"{path}.file")
    if file.get("file_id") is not None:
        raise refusal(f"{path}.file.file_id", "names a file that this vendor does not have")
    return text_at(file.get("file_data"), f"{path}.file.file_data")


def data_url(address: str, path: str) -> DataUrl | None:
    """What a data URL holds; None for another address. Raises ProviderError for one that is not in base64."""
    if address[:5].lower() != "data:":
        return None
    head, comma, data = address[5:].partition(",")
    media_type, *parameters = head.split(";")
    if not comma or not media_type or "base64" not in parameters or not data:
        raise refusal(path, "has to be `data:TYPE;base64,...`")
    return DataUrl(media_type.strip().lower(), data)


def tool_calls_of(message: Mapping[str, Any], path: str) -> Iterator[ToolCall]:
    """The calls of an assistant's message. Raises ProviderError for arguments that are no JSON object."""
    calls = message.get("tool_calls")
    for place, given in enumerate(list_at(calls, f"{path}.tool_calls") if calls else ()):
        here = f"{path}.tool_calls[{place}]"
        call = mapping_at(given, here)
        if call.get("type", "function") != "function":
            raise refusal(f"{here}.type", "can only be `function` for this vendor")
        function = mapping_at(call.get("function"), f"{here}.function")
        extra = call.get("extra_content")
        yield ToolCall(
            id=text_at(call.get("id"), f"{here}.id"),
            name=text_at(function.get("name"), f"{here}.function.name"),
            arguments=_arguments(function.get("arguments"), f"{here}.function.arguments"),
            extra=extra if isinstance(extra, Mapping) else {},
        )


def _arguments(given: object, path: str) -> dict[str, Any]:
    if given in (None, ""):
        return {}
    try:
        value = json.loads(given) if isinstance(given, str) else None
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise refusal(path, "has to be the text of a JSON object")
    return value


def functions_of(body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """Each offered function with its path, and the tool around it."""
    tools = body.get("tools")
    for place, given in enumerate(list_at(tools, "tools") if tools else ()):
        path = f"tools[{place}]"
        tool = mapping_at(given, path)
        if tool.get("type", "function") != "function":
            raise refusal(f"{path}.type", "can only be `function` for this vendor")
        yield f"{path}.function", mapping_at(tool.get("function"), f"{path}.function"), tool

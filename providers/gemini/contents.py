"""The messages of a chat request as Gemini's contents."""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct
from yarl import URL

from providers.gemini.thinking import has_budget
from providers.signatures import brought_back
from providers.translated.parts import (
    ToolCall,
    data_url,
    file_address,
    messages_of,
    parts_of,
    picture_address,
    text_of,
    tool_calls_of,
)
from providers.translated.refusal import refusal, text_at

VENDOR = "google"
"""Its key in `extra_content`, as Google's own OpenAI-shaped door has it."""
SIGNATURE = "thought_signature"
ID = "id"
"""The vendor's own id of a call; the id that callers see may be ours."""
NO_SIGNATURE = "skip_thought_signature_validator"
"""Stands for the signature of a call that the model did not make itself, as Google documents it for such histories."""
TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "heic": "image/heic",
}
TYPES |= {"heif": "image/heif"}
"""Endings of a picture's address → its type, which has to be said."""
PICTURES = tuple(sorted(set(TYPES.values())))
PDF = "application/pdf"
Part = dict[str, Any]


class _Open(Struct, frozen=True, kw_only=True):
    """A call of the last turn of the model, which waits for its result."""

    call: ToolCall
    vendors_id: str | None


class Conversation:
    """The contents of a request, put together message by message. Raises ProviderError for what is no part of one."""

    def __init__(self, model: str) -> None:
        self.system: list[Part] = []
        self.contents: list[dict[str, Any]] = []
        self._model = model
        self._calls: dict[str, _Open] = {}
        self._results: dict[str, Part] = {}

    def read(self, body: Mapping[str, Any]) -> None:
        """All messages. System prompts go to the beginning, in their order."""
        for path, message in messages_of(body):
            role = message.get("role")
            if role == "tool":
                self._add_result(message, path)
                continue
            self._close_results()
            if role in ("system", "developer"):
                self.system += _texts(message, path)
            elif role == "user":
                parts = list(_parts(message.get("content"), f"{path}.content"))
                if not parts:
                    raise refusal(f"{path}.content", "is empty")
                self._add("user", parts)
            elif role == "assistant":
                self._add("model", self._of_the_model(message, path))
            else:
                raise refusal(f"{path}.role", "has to be system, developer, user, assistant or tool")
        self._close_results()
        if not self.contents:
            raise refusal("messages", "have to hold one of the user")

    def _add(self, role: str, parts: list[Part]) -> None:
        """Parts of one role that follow each other are one content."""
        if self.contents and self.contents[-1]["role"] == role:
            self.contents[-1]["parts"] += parts
        elif parts:
            self.contents.append({"role": role, "parts": parts})

    def _of_the_model(self, message: Mapping[str, Any], path: str) -> list[Part]:
        parts = _texts(message, path)
        calls = [
            (call, brought_back(call.extra, VENDOR, self._model)) for call in tool_calls_of(message, path)
        ]
        is_signed = has_budget(self._model) or any(SIGNATURE in extra for _, extra in calls)
        self._calls = {}
        for call, extra in calls:
            vendors_id = extra.get(ID)
            self._calls[call.id] = _Open(
                call=call, vendors_id=vendors_id if isinstance(vendors_id, str) else None
            )
            part: Part = {"functionCall": {**self._named(call.id), "args": call.arguments}}
            signature = extra.get(SIGNATURE)
            if isinstance(signature, str):
                part["thoughtSignature"] = signature
            elif not is_signed:
                part["thoughtSignature"], is_signed = NO_SIGNATURE, True  # on the first of a set
            parts.append(part)
        return parts

    def _named(self, id: str) -> dict[str, Any]:
        found = self._calls[id]
        name = {"name": found.call.name}
        return {"id": found.vendors_id, **name} if found.vendors_id else name

    def _add_result(self, message: Mapping[str, Any], path: str) -> None:
        id = text_at(message.get("tool_call_id"), f"{path}.tool_call_id")
        if id not in self._calls:
            raise refusal(f"{path}.tool_call_id", "names no call of the assistant's last message")
        texts = [part["text"] for part in _texts(message, path)]
        self._results[id] = {"functionResponse": {**self._named(id), "response": {"output": "".join(texts)}}}

    def _close_results(self) -> None:
        """Results go in one content, in the order of their calls: those without an id are matched by it."""
        if self._results:
            self._add("user", [self._results[id] for id in self._calls if id in self._results])
        self._results = {}


def _texts(message: Mapping[str, Any], path: str) -> list[Part]:
    """Parts that can only be text."""
    parts = []
    for here, part in parts_of(message.get("content"), f"{path}.content"):
        text = text_of(part, here)
        if text is None:
            raise refusal(here, "can only be text for this vendor")
        parts.append({"text": text})
    return parts


def _parts(content: object, path: str) -> Iterator[Part]:
    """Texts, pictures and documents. Raises ProviderError for any other part."""
    for here, part in parts_of(content, path):
        if (text := text_of(part, here)) is not None:
            yield {"text": text}
        elif (address := picture_address(part, here)) is not None:
            yield _file(address, f"{here}.image_url.url", PICTURES)
        elif (address := file_address(part, here)) is not None:
            yield _file(address, f"{here}.file.file_data", (PDF,))
        else:
            raise refusal(here, "is of a type that this vendor does not take")


def _file(address: str, path: str, media_types: tuple[str, ...]) -> Part:
    """A file in the request itself, or at an address from which the vendor fetches it."""
    inside = data_url(address, path)
    if inside is not None:
        if inside.media_type not in media_types:
            raise refusal(path, f"has to be of the type {', '.join(media_types)} for this vendor")
        return {"inlineData": {"mimeType": inside.media_type, "data": inside.data}}
    try:
        url = URL(address)
        ending = url.suffix.removeprefix(".").lower()
    except ValueError:
        raise refusal(path, "is no address") from None
    if url.scheme not in ("https", "http"):
        raise refusal(path, "has to begin with https://, http:// or data:")
    if TYPES.get(ending) not in media_types:
        raise refusal(path, f"has to end in {', '.join(TYPES)} for this vendor, which wants to know its type")
    return {"fileData": {"mimeType": TYPES[ending], "fileUri": address}}

"""The versions of the Messages protocol, and what the newer one refuses, for vendors that are only spoken to in chat.

Anthropic itself checks what is sent to it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from providers.translated.refusal import refusal

HEADER = "anthropic-version"
FIRST, WITHOUT_SAMPLING = "2023-06-01", "2026-10-21"
VERSIONS = (FIRST, WITHOUT_SAMPLING)
SAMPLING = ("temperature", "top_p", "top_k")


def check_version(headers: Mapping[str, str], body: Mapping[str, Any]) -> None:
    """Raise ProviderError for a version that is not known, and for what the caller's version does not have.

    Without the header it is the first version.
    """
    version = headers.get(HEADER, FIRST)
    if version not in VERSIONS:
        raise refusal(HEADER, f"has to be one of {', '.join(VERSIONS)}")
    if version == WITHOUT_SAMPLING:
        _check_second(body)


def _check_second(body: Mapping[str, Any]) -> None:
    for field in SAMPLING:
        if body.get(field) is not None:
            raise refusal(field, f"is not taken from version {WITHOUT_SAMPLING} on, whatever its value")
    for path, role, block in _blocks(body):
        kind = block.get("type")
        if role == "assistant" and kind == "document":
            raise refusal(path, f"cannot be a document of an assistant from version {WITHOUT_SAMPLING} on")
        if role == "user" and kind == "text" and block.get("citations"):
            raise refusal(f"{path}.citations", f"cannot be a user's from version {WITHOUT_SAMPLING} on")


def _blocks(body: Mapping[str, Any]) -> Iterator[tuple[str, object, Mapping[str, Any]]]:
    """Each block with its path and the role of its turn, as far as the request has a form."""
    messages = body.get("messages")
    for place, message in enumerate(messages if isinstance(messages, list) else ()):
        content = message.get("content") if isinstance(message, Mapping) else None
        for number, block in enumerate(content if isinstance(content, list) else ()):
            if isinstance(block, Mapping):
                yield f"messages[{place}].content[{number}]", message.get("role"), block

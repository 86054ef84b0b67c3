"""The parts of a Responses message or of a tool's output as parts of a chat message."""

from collections.abc import Iterator, Mapping
from typing import Any

from providers.responses.fields import refuse_others
from providers.translated.refusal import list_at, mapping_at, refusal, text_at

TEXTS = ("input_text", "output_text", "text")
CACHE_HINT = "prompt_cache_breakpoint"
"""Tells OpenAI where its cache is to end; nothing changes without it."""
TEXT = frozenset({"type", "text", "annotations", "logprobs", "parsed", CACHE_HINT})
IMAGE = frozenset({"type", "image_url", "file_id", "detail", CACHE_HINT})
FILE = frozenset({"type", "file_data", "file_id", "file_url", "filename", "detail", CACHE_HINT})
Part = dict[str, Any]


def content_of(given: object, path: str, *, joined_by: str | None = None) -> str | list[Part]:
    """A text, or the parts of one. Raises ProviderError for a part that has no counterpart.

    `joined_by` stands between texts that become one, for messages whose content is nothing but text at most vendors.
    """
    if isinstance(given, str):
        return given
    parts = list(_parts(given, path))
    if all(part["type"] == "text" for part in parts) and (len(parts) == 1 or joined_by is not None):
        return (joined_by or "").join([str(part["text"]) for part in parts])
    return parts


def _parts(given: object, path: str) -> Iterator[Part]:
    for place, each in enumerate(list_at(given, path)):
        here = f"{path}[{place}]"
        part = mapping_at(each, here)
        kind = text_at(part.get("type"), f"{here}.type")
        if kind in TEXTS:
            refuse_others(part, here, TEXT)
            yield {"type": "text", "text": _maybe_empty(part.get("text"), f"{here}.text")}
        elif kind == "refusal":
            refuse_others(part, here, ("type", "refusal"))
            yield {"type": "refusal", "refusal": _maybe_empty(part.get("refusal"), f"{here}.refusal")}
        elif kind == "input_image":
            yield _picture(part, here)
        elif kind == "input_file":
            yield _file(part, here)
        else:
            raise refusal(f"{here}.type", f"is `{kind[:32]}`, which cannot be translated for this vendor")


def _picture(part: Mapping[str, Any], path: str) -> Part:
    refuse_others(part, path, IMAGE)
    if part.get("file_id") is not None:
        raise refusal(
            f"{path}.file_id", "names a file that this vendor does not have: send it in `image_url`"
        )
    image = {"url": text_at(part.get("image_url"), f"{path}.image_url")}
    if part.get("detail") not in (None, "auto"):
        image["detail"] = text_at(part["detail"], f"{path}.detail")
    return {"type": "image_url", "image_url": image}


def _file(part: Mapping[str, Any], path: str) -> Part:
    refuse_others(part, path, FILE)
    for name in ("file_id", "file_url"):
        if part.get(name) is not None:
            raise refusal(
                f"{path}.{name}", "cannot be translated for this vendor: send the file in `file_data`"
            )
    if part.get("detail") not in (None, "auto"):
        raise refusal(f"{path}.detail", "has no counterpart at this vendor")
    file = {"file_data": text_at(part.get("file_data"), f"{path}.file_data")}
    if part.get("filename") is not None:
        file["filename"] = text_at(part["filename"], f"{path}.filename")
    return {"type": "file", "file": file}


def _maybe_empty(value: object, path: str) -> str:
    return "" if value == "" else text_at(value, path)

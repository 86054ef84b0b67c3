"""Blocks of a turn as parts of a chat message: text, pictures, documents and search results."""

from collections.abc import Iterator, Mapping
from typing import Any

from providers.translated.refusal import list_at, mapping_at, refusal, text_at, word_at

Part = dict[str, Any]
DATA_URL = "data:{media_type};base64,{data}"
PDF = "application/pdf"


def blocks_of(content: object, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The blocks of a content, each with its path. Raises ProviderError for what is none."""
    if isinstance(content, str):
        yield path, {"type": "text", "text": content}
        return
    for place, given in enumerate(list_at(content, path)):
        here = f"{path}[{place}]"
        block = mapping_at(given, here)
        text_at(block.get("type"), f"{here}.type")
        yield here, block


def part_of(block: Mapping[str, Any], path: str) -> Iterator[Part]:
    """What a block of user content becomes. Raises ProviderError for a kind that has no counterpart."""
    match block.get("type"):
        case "text":
            yield from text_part(block, path)
        case "image":
            yield marked(_picture(block, path), block)
        case "document":
            yield from _document(block, path)
        case "search_result":
            yield from _search_result(block, path)
        case kind:
            raise refusal(f"{path}.type", f"`{kind}` cannot be translated for this vendor"[:200])


def text_part(block: Mapping[str, Any], path: str) -> Iterator[Part]:
    """An empty text says nothing, and many vendors refuse it."""
    text = block.get("text")
    if not isinstance(text, str):
        raise refusal(f"{path}.text", "has to be text")
    if text:
        yield marked({"type": "text", "text": text}, block)


def marked(part: Part, block: Mapping[str, Any]) -> Part:
    """With the block's mark for the vendor's cache, where it has one."""
    cache = block.get("cache_control")
    return part if cache is None else {**part, "cache_control": cache}


def content_of(parts: list[Part]) -> object:
    """A content as the chat protocol has it: one plain text is no list."""
    if len(parts) == 1 and set(parts[0]) == {"type", "text"}:
        return parts[0]["text"]
    return parts


def _picture(block: Mapping[str, Any], path: str) -> Part:
    if block.get("transformations"):
        raise refusal(f"{path}.transformations", "cannot be translated for this vendor")
    source = mapping_at(block.get("source"), f"{path}.source")
    kind = word_at(source.get("type"), f"{path}.source.type", ("base64", "url"))
    url = (
        text_at(source.get("url"), f"{path}.source.url")
        if kind == "url"
        else _inside(source, f"{path}.source")
    )
    return {"type": "image_url", "image_url": {"url": url}}


def _inside(source: Mapping[str, Any], path: str) -> str:
    return DATA_URL.format(
        media_type=text_at(source.get("media_type"), f"{path}.media_type"),
        data=text_at(source.get("data"), f"{path}.data"),
    )


def _search_result(block: Mapping[str, Any], path: str) -> Iterator[Part]:
    """What was found, under where."""
    _refuse_citations(block, path)
    head = [text_at(block.get(field), f"{path}.{field}") for field in ("title", "source")]
    parts: list[Part] = [{"type": "text", "text": "\n".join(head)}]
    for here, inner in blocks_of(block.get("content"), f"{path}.content"):
        word_at(inner.get("type"), f"{here}.type", ("text",))
        parts += text_part(inner, here)
    *others, last = parts
    yield from (*others, marked(last, block))


def _refuse_citations(block: Mapping[str, Any], path: str) -> None:
    citations = block.get("citations")
    if isinstance(citations, Mapping) and citations.get("enabled"):
        raise refusal(f"{path}.citations", "cannot be translated: this vendor does not cite")


def _document(block: Mapping[str, Any], path: str) -> Iterator[Part]:
    _refuse_citations(block, path)
    source = mapping_at(block.get("source"), f"{path}.source")
    kind = word_at(source.get("type"), f"{path}.source.type", ("base64", "text", "content"))
    title, context = block.get("title") or "", block.get("context") or ""
    if kind == "base64":
        word_at(source.get("media_type"), f"{path}.source.media_type", (PDF,))
        if context:
            yield {"type": "text", "text": text_at(context, f"{path}.context")}
        name = text_at(title, f"{path}.title") if title else "document.pdf"
        file = {"filename": name, "file_data": _inside(source, f"{path}.source")}
        yield marked({"type": "file", "file": file}, block)
        return
    for field, value in (("title", title), ("context", context)):
        if value:
            yield {"type": "text", "text": text_at(value, f"{path}.{field}")}
    if kind == "text":
        yield marked({"type": "text", "text": text_at(source.get("data"), f"{path}.source.data")}, block)
        return
    for here, inner in blocks_of(source.get("content"), f"{path}.source.content"):
        if inner.get("type") not in ("text", "image"):
            raise refusal(f"{here}.type", "has to be text or image")
        yield from part_of(inner, here)

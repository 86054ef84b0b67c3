"""A Responses stream to who asked for a whole answer, and the other way round, as some proxies send them."""

from collections.abc import Iterator, Mapping
from typing import Any

from providers.openai_compatible.errors import broken
from providers.openai_compatible.lenient_json import NotJson, decode_object, encode_lenient
from providers.other_form import Reader
from providers.port import Chunk, Completion

DELTAS = {
    "output_text": ("response.output_text", "text"),
    "refusal": ("response.refusal", "refusal"),
}
"""Type of a part → how its events begin, and the field with the text."""
ARGUMENTS = {
    "function_call": ("response.function_call_arguments", "arguments"),
    "custom_tool_call": ("response.custom_tool_call_input", "input"),
}
Event = dict[str, Any]


async def response_of_events(body: bytes, reader: Reader) -> Completion:
    """The whole answer that a stream ends with, which was not asked for. Raises ProviderError."""
    *_, last = [*reader.feed(body), *await reader.end()]
    if last.usage is None:
        raise AssertionError("a stream's last chunk has its usage")
    try:
        whole = encode_lenient(decode_object(last.data).get("response"))
    except NotJson:
        raise broken("its answer is nested too deeply") from None
    return Completion(body=whole, model=last.model, usage=last.usage)


def events_of_response(completion: Completion) -> list[Chunk]:
    """The events of a whole answer to a request that asked for a stream. Raises ProviderError."""
    try:
        datas = [encode_lenient(event) for event in events_of(decode_object(completion.body))]
    except (NotJson, RecursionError):
        raise broken("its answer is nested too deeply") from None
    chunks = [Chunk(data=data, model=completion.model) for data in datas[:-1]]
    return [*chunks, Chunk(data=datas[-1], model=completion.model, usage=completion.usage)]


def events_of(whole: Mapping[str, Any]) -> Iterator[Event]:
    """The events of a whole answer, numbered."""
    for place, event in enumerate(_events_of(whole)):
        yield {**event, "sequence_number": place}


def _events_of(whole: Mapping[str, Any]) -> Iterator[Event]:
    begun = {**whole, "status": "in_progress", "output": [], "usage": None}
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    output = whole.get("output")
    for place, item in enumerate(output if isinstance(output, list) else ()):
        if isinstance(item, Mapping):
            for event in _of_item(item):
                yield {**event, "output_index": place}
    ending = "incomplete" if whole.get("status") == "incomplete" else "completed"
    yield {"type": f"response.{ending}", "response": whole}


def _of_item(item: Mapping[str, Any]) -> Iterator[Event]:
    """Text in one piece; what only the vendor knows how to stream comes with the item alone."""
    kind, parts = str(item.get("type")), item.get("content")
    within = {"item_id": item.get("id")}
    if kind == "message" and isinstance(parts, list):
        yield {"type": "response.output_item.added", "item": {**item, "content": []}}
        for index, part in enumerate(parts):
            for event in _of_part(part if isinstance(part, Mapping) else {}):
                yield {**event, **within, "content_index": index}
    elif kind in ARGUMENTS:
        begins, field = ARGUMENTS[kind]
        yield {"type": "response.output_item.added", "item": {**item, field: ""}}
        yield {"type": f"{begins}.delta", **within, "delta": item.get(field)}
        yield {"type": f"{begins}.done", **within, field: item.get(field)}
    else:
        yield {"type": "response.output_item.added", "item": item}
    yield {"type": "response.output_item.done", "item": item}


def _of_part(part: Mapping[str, Any]) -> Iterator[Event]:
    begins, field = DELTAS.get(str(part.get("type")), ("", ""))
    if not begins:
        yield {"type": "response.content_part.added", "part": part}
    else:
        more = {"logprobs": part.get("logprobs") or []} if field == "text" else {}
        yield {"type": "response.content_part.added", "part": {**part, field: ""}}
        yield {"type": f"{begins}.delta", "delta": part.get(field), **more}
        yield {"type": f"{begins}.done", field: part.get(field), **more}
    yield {"type": "response.content_part.done", "part": part}

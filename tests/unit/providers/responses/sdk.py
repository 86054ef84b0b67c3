"""What OpenAI's SDK makes of a Responses answer, and what its types and its documented order of events demand."""

from collections.abc import Iterator, Sequence
from typing import Any

from openai import omit
from openai._models import construct_type
from openai.lib.streaming.responses._responses import ResponseStreamState
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter

EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
NOT_IN_THE_TYPES = {"store", "status", "obfuscation"}
"""Fields that the vendor sends although the SDK's types lack them: of a Response, a custom call, a delta."""
TEXTS = {
    "response.output_text.delta": "text",
    "response.refusal.delta": "refusal",
    "response.function_call_arguments.delta": "arguments",
    "response.custom_tool_call_input.delta": "input",
    "response.reasoning_summary_text.delta": "text",
}
"""Events with a piece of a text → the field with the whole of it in the event that follows them."""
ENDINGS = ("response.completed", "response.incomplete", "response.failed")


def check_types(events: Sequence[dict[str, Any]]) -> None:
    """Every event has the fields that its type requires, of the right types, and no others."""
    for event in events:
        unknown = set(_unknown_fields(EVENT.validate_python(event)))
        assert unknown <= NOT_IN_THE_TYPES, (event["type"], unknown)


def check_whole(answer: dict[str, Any]) -> None:
    """A whole answer has the fields that its type requires, of the right types, and no others."""
    unknown = set(_unknown_fields(Response.model_validate(answer)))
    assert unknown <= NOT_IN_THE_TYPES, unknown


def check_order(events: Sequence[dict[str, Any]]) -> None:
    """Numbers go up by one; items are added and done one after the other; pieces join to what is done."""
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert [event["type"] for event in events[:2]] == ["response.created", "response.in_progress"]
    assert [event["type"] for event in events if event["type"] in ENDINGS] == [events[-1]["type"]]
    done: list[dict[str, Any]] = []
    open_id, pieces = "", ""
    for event in events[2:-1]:
        kind = event["type"]
        assert event["output_index"] == len(done)
        if kind == "response.output_item.added":
            assert not open_id
            open_id = event["item"]["id"]
        elif kind == "response.output_item.done":
            assert event["item"]["id"] == open_id
            done.append(event["item"])
            open_id = ""
        else:
            assert event["item_id"] == open_id
        if kind in TEXTS:
            pieces += event["delta"]
        elif kind.removesuffix(".done") + ".delta" in TEXTS:
            assert pieces == event[TEXTS[kind.removesuffix(".done") + ".delta"]]
            pieces = ""
    assert not open_id
    assert not pieces
    assert events[-1]["response"]["output"] == done


def accumulated(events: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the SDK's `responses.stream` comes to."""
    state: ResponseStreamState[Any] = ResponseStreamState(input_tools=omit, text_format=omit)
    for event in events:
        state.handle_event(construct_type(type_=ResponseStreamEvent, value=event))  # type: ignore[arg-type]
    assert state._completed_response is not None
    return known_fields(state._completed_response.to_dict(mode="python"))


def known_fields(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer by the SDK's type of it, without what differs between two answers to the same."""
    return Response.model_validate(answer).model_dump(
        exclude={"completed_at"}, exclude_none=True, by_alias=True
    )


def _unknown_fields(value: object) -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield from value.__pydantic_extra__ or ()
        for name in type(value).model_fields:
            yield from _unknown_fields(getattr(value, name))
    elif isinstance(value, list):
        for each in value:
            yield from _unknown_fields(each)

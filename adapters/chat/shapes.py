"""The part of a request that metering depends on, protocol by protocol; every other field passes untouched."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from adapters.strict_input import invalid
from metering.errors import InvalidRequest
from metering.types import WireProtocol

Positive = Annotated[int, Meta(ge=1, le=10_000_000)]
Role = Annotated[str, Meta(min_length=1, max_length=32)]
MAX_MESSAGES = 10_000
THREAD = "thread"
"""Of Messages: the vendor holds the conversation, and a request sends only what is new in it."""
MAX_INPUTS = 2_048
"""Of one request for embeddings, as OpenAI has it."""


class _Part(Struct):
    type: str | None = None


class _Block(Struct):
    type: str | None = None


class _Message(Struct):
    role: Role
    content: str | list[_Part] | None = None


class _StreamOptions(Struct):
    include_usage: bool | None = None


class _Tool(Struct):
    type: str = "function"


class _Chat(Struct):
    messages: Annotated[list[_Message], Meta(min_length=1, max_length=MAX_MESSAGES)]
    max_tokens: Positive | None = None
    max_completion_tokens: Positive | None = None
    n: Annotated[int, Meta(ge=1, le=128)] | None = None
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    tools: list[_Tool] | None = None


class _Turn(Struct):
    role: Role
    content: str | list[_Block]


class _OwnTool(Struct):
    type: str | None = None


class _Messages(Struct):
    messages: Annotated[list[_Turn], Meta(min_length=1, max_length=MAX_MESSAGES)]
    max_tokens: Positive
    system: str | list[_Part] | None = None
    stream: bool | None = None
    tools: list[_OwnTool] | None = None


class _Item(Struct):
    type: str | None = None
    content: str | list[_Part] | None = None


class _Responses(Struct):
    input: str | Annotated[list[_Item], Meta(min_length=1, max_length=MAX_MESSAGES)] | None = None
    prompt: dict[str, Any] | None = None
    instructions: str | None = None
    max_output_tokens: Positive | None = None
    stream: bool | None = None
    tools: list[_Tool] | None = None


class _Embeddings(Struct):
    input: Any
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Positive | None = None
    stream: Literal[False] | None = None


SHAPES: Mapping[WireProtocol, type[Struct]] = {
    WireProtocol.CHAT: _Chat,
    WireProtocol.MESSAGES: _Messages,
    WireProtocol.RESPONSES: _Responses,
    WireProtocol.EMBEDDINGS: _Embeddings,
}


def check_shape(body: Mapping[str, Any], protocol: WireProtocol) -> None:
    """Raise InvalidRequest, naming the field, where the shape is wrong."""
    try:
        msgspec.convert(body, SHAPES[protocol])
    except msgspec.ValidationError as error:
        raise invalid(error) from None
    if protocol is WireProtocol.EMBEDDINGS:
        _check_inputs(body["input"])
    elif protocol is WireProtocol.RESPONSES and body.get("input") is None and body.get("prompt") is None:
        raise InvalidRequest("input: say what the model is to answer.", param="input")
    elif protocol is WireProtocol.MESSAGES and body.get(THREAD) is not None:
        raise InvalidRequest(
            f"{THREAD}: what a vendor remembers of a conversation can be seen by no limit here. "
            "Send the whole conversation in `messages`.",
            param=THREAD,
        )


def _check_inputs(given: object) -> None:
    """A text, a list of texts, a list of tokens, or a list of such lists; none of them empty."""
    if isinstance(given, str) and given:
        return
    if isinstance(given, list) and given:
        kinds = {type(item) for item in given}
        if kinds == {int}:
            return
        if len(given) > MAX_INPUTS:
            raise InvalidRequest(f"input: it may hold {MAX_INPUTS:,} inputs at most.", param="input")
        if all(given) and (
            kinds == {str}
            or (kinds == {list} and all(type(token) is int for tokens in given for token in tokens))
        ):
            return
    raise InvalidRequest(
        "input: expected a text, a list of texts, a list of tokens or a list of lists of tokens, none of them empty.",
        param="input",
    )

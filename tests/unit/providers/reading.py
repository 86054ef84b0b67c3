"""Reads a vendor's bytes as the provider does, without a network, and says what became of them."""

import asyncio
import json
import unicodedata
from collections.abc import Coroutine, Sequence
from types import SimpleNamespace
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from metering.ports import Progress
from providers.openai_compatible.answer import is_event_stream, whole_answer
from providers.openai_compatible.streamed import StreamedAnswer
from providers.openai_compatible.traits import Traits
from providers.other_form import chunks_of_completion, completion_of_events
from providers.port import Chunk, Completion, ProviderError, Usage
from tests.vendors.odd_values import KEY

T = TypeVar("T")
LONGEST_MESSAGE = 400
UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}
LIMIT = 50
BODY = {"model": "small", "max_tokens": LIMIT, "messages": [{"role": "user", "content": "hello"}]}
CALL: Any = SimpleNamespace(
    model="small",
    body=BODY,
    payload=msgspec.json.encode(BODY),
    asked=BODY,
    output_limit=LIMIT,
    traits={},
    progress=Progress(),
    attempt_id="a-1",
    protocol="chat",
    headers={},
    timeout_s=5,
)
_loop = asyncio.new_event_loop()


def run(work: Coroutine[Any, Any, T]) -> T:
    """On one loop for all cases: a loop for each costs more than the case."""
    return _loop.run_until_complete(work)


class Streamed(Struct, frozen=True, kw_only=True):
    """What a caller was given, in order, and how it ended."""

    chunks: list[Chunk]
    failed: ProviderError | None
    usage: Usage | None
    """What is charged; None: nothing came that could be."""

    @property
    def as_sent(self) -> bytes:
        """As the gateway sends it on to a caller who asked for usage."""
        events = [b"data: " + chunk.data + b"\n\n" for chunk in self.chunks if chunk.data]
        return b"".join([*events, b"" if self.failed else b"data: [DONE]\n\n"])

    @property
    def facts(self) -> tuple[object, ...]:
        """Everything, for comparing."""
        return self.chunks, self.usage, vars(self.failed) if self.failed else None


def decoded(data: bytes) -> Any:
    """As a client of any language reads it: integers may have thousands of digits."""
    return json.loads(data.decode(), parse_int=float)


def whole(body: bytes) -> Completion | ProviderError:
    """What a caller who asked for a whole answer is given for these bytes."""
    try:
        if is_event_stream(body):
            return run(completion_of_events(body, StreamedAnswer(CALL, KEY, Traits())))
        return run(whole_answer(body, CALL, KEY))
    except ProviderError as error:
        return error


def streamed(pieces: Sequence[bytes]) -> Streamed:
    """What a caller who asked for a stream is given for bytes that come in these pieces."""
    return run(_streamed(list(pieces)))


async def _streamed(pieces: list[bytes]) -> Streamed:
    answer = StreamedAnswer(CALL, KEY, Traits())
    chunks: list[Chunk] = []
    failed: ProviderError | None = None
    start = b""
    while pieces and is_event_stream(start) is None:
        start += pieces.pop(0)
    try:
        if is_event_stream(start) is False:
            chunks = chunks_of_completion(await whole_answer(b"".join([start, *pieces]), CALL, KEY))
        else:
            for piece in [start, *pieces]:
                for chunk in answer.feed(piece):
                    chunks.append(chunk)
                if answer.done:
                    break
            chunks += await answer.end()
    except ProviderError as error:
        failed = error
    return Streamed(chunks=chunks, failed=failed, usage=await answer.came() if failed else chunks[-1].usage)


def check_told(error: ProviderError) -> None:
    """What is told of it is one bounded line that can be written, without the key."""
    for text in (error.message, error.param or "", error.code or ""):
        assert len(text) <= LONGEST_MESSAGE
        assert KEY[:6] not in text
        assert not any(unicodedata.category(each) in UNPRINTABLE for each in text)
    assert error.message.strip()

"""A stream to who asked for a whole answer, and the other way round, as some servers and proxies send them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from providers.openai_compatible.errors import broken
from providers.openai_compatible.lenient_json import NotJson, decode_object
from providers.openai_compatible.reshaped import WholeAnswer, chunks_of
from providers.port import Chunk, Completion


class Reader(Protocol):
    """Reads a stream (`providers.http_provider.AnswerReader`)."""

    def feed(self, data: bytes) -> Iterator[Chunk]:
        """The chunks that these bytes complete."""

    async def end(self) -> list[Chunk]:
        """The last chunks, and what the answer is charged for."""


async def completion_of_events(body: bytes, reader: Reader) -> Completion:
    """The whole answer that a stream says, which was not asked for. Raises ProviderError."""
    chunks = [*reader.feed(body), *await reader.end()]
    whole, last = WholeAnswer(), chunks[-1]
    with _reshaping():
        for chunk in chunks:
            if chunk.data:
                whole.add(decode_object(chunk.data))
        body = whole.body()
    if last.usage is None:
        raise AssertionError("a stream's last chunk has its usage")
    return Completion(body=body, model=last.model, usage=last.usage)


def chunks_of_completion(completion: Completion) -> list[Chunk]:
    """The chunks of a whole answer to a request that asked for a stream. Raises ProviderError."""
    with _reshaping():
        given = decode_object(completion.body)
        datas = list(chunks_of(given | {"usage": None}))
        shown = list(chunks_of(given | {"choices": []}))
    chunks = [Chunk(data=data, model=completion.model) for data in datas]
    last = shown[0] if shown else b""
    return [*chunks, Chunk(data=last, model=completion.model, usage=completion.usage, only_usage=True)]


@contextmanager
def _reshaping() -> Iterator[None]:
    """An answer may be nested so deeply that it can only be passed as it is."""
    try:
        yield
    except (NotJson, RecursionError):
        raise broken("its answer is nested too deeply") from None

"""A stream to who asked for a whole answer, and the other way round, as proxies in front of vendors send them."""

from providers.openai_compatible.lenient_json import decode_object
from providers.openai_compatible.reshaped import WholeAnswer, chunks_of
from providers.port import Chunk, Completion
from providers.translated.streamed import TranslatedStream


def chunks_of_whole(completion: Completion) -> list[Chunk]:
    """The chunks of a whole answer to a request that asked for a stream."""
    given = decode_object(completion.body)
    chunks = [Chunk(data=data, model=completion.model) for data in chunks_of({**given, "usage": None})]
    (last,) = chunks_of({**given, "choices": []})
    return [*chunks, Chunk(data=last, model=completion.model, usage=completion.usage, only_usage=True)]


async def whole_of_stream(answer: TranslatedStream, body: bytes) -> Completion:
    """The whole answer that a stream says, which was not asked for."""
    chunks = [*answer.feed(body), *await answer.end()]
    whole, last = WholeAnswer(), chunks[-1]
    for chunk in chunks:
        whole.add(decode_object(chunk.data))
    if last.usage is None:
        raise AssertionError("a stream's last chunk has its usage")
    return Completion(body=whole.body(), model=last.model, usage=last.usage)

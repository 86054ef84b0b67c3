"""OpenAI's embeddings at Gemini: `:batchEmbedContents`, with one content for each text.

Source: ai.google.dev/api/embeddings, November 2026.
"""

import base64
import struct
from collections.abc import Mapping
from typing import Any

from providers.gemini.usage import GeminiFigures
from providers.openai_compatible.errors import broken
from providers.openai_compatible.final_usage import usage_of_answer
from providers.openai_compatible.generated import Generated
from providers.openai_compatible.lenient_json import encode_lenient
from providers.port import Completion, ProviderCall
from providers.translated.refusal import refusal
from providers.translated.shapes import usage_object

LARGEST_FLOAT = 3.4e38
"""Beyond it a number has no place in 32 bits."""


def embeddings_request(call: ProviderCall, model: str) -> bytes:
    """The body to send; `model` as its paths name it. Raises ProviderError for tokens: they are another tokenizer's."""
    given = call.body.get("input")
    texts = given if isinstance(given, list) else [given]
    size = call.body.get("dimensions")
    requests: list[dict[str, Any]] = []
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise refusal(f"input[{place}]", "has to be text for this vendor")
        request: dict[str, Any] = {"model": model, "content": {"parts": [{"text": text}]}}
        if size is not None:
            request["outputDimensionality"] = size
        requests.append(request)
    return encode_lenient({"requests": requests})


async def embeddings_of(body: Mapping[str, Any], call: ProviderCall) -> Completion:
    """The answer in OpenAI's shape. Raises ProviderError for what is none."""
    found = body.get("embeddings")
    if not isinstance(found, list) or not found:
        raise broken("its answer holds no embeddings")
    figures = GeminiFigures()
    figures.add(body.get("usageMetadata"))
    wanted = len(call.body["input"]) if isinstance(call.body.get("input"), list) else 1
    if len(found) != wanted:
        error = broken(f"its answer holds {len(found)} embeddings of {wanted}")
        error.usage = None if figures.is_empty else await usage_of_answer(call, figures, Generated(), "")
        raise error
    as_text = call.body.get("encoding_format") == "base64"
    data = [
        {"object": "embedding", "index": place, "embedding": _vector(each, as_text=as_text)}
        for place, each in enumerate(found)
    ]
    usage = await usage_of_answer(call, figures, Generated(), "")
    said = usage_object(usage)
    answer = {
        "object": "list",
        "data": data,
        "model": call.model,
        "usage": {name: said[name] for name in ("prompt_tokens", "total_tokens")},
    }
    return Completion(body=encode_lenient(answer), model=call.model, usage=usage)


def _vector(embedding: object, *, as_text: bool) -> list[float] | str:
    values = embedding.get("values") if isinstance(embedding, Mapping) else None
    if not isinstance(values, list) or not all(
        isinstance(value, int | float) and abs(value) < LARGEST_FLOAT for value in values
    ):
        raise broken("one of its embeddings is no list of numbers")
    return base64.b64encode(struct.pack(f"<{len(values)}f", *values)).decode() if as_text else values

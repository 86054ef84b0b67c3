"""Embeddings in OpenAI's documented shape: a vector for each input, whose numbers depend on the input alone."""

import base64
import json
import math
import struct
from hashlib import blake2b
from typing import Any

DIMENSIONS = 8
MOST_DIMENSIONS = 3_072
MOST_INPUTS = 2_048


def wrong_request(body: dict[str, Any]) -> tuple[str, str] | None:
    """What OpenAI refuses, and the field."""
    given = body.get("input")
    if given in (None, "", []):
        return "input cannot be an empty string or list", "input"
    if isinstance(given, list) and len(given) > MOST_INPUTS:
        return f"input has more than {MOST_INPUTS} items", "input"
    if body.get("encoding_format") not in (None, "float", "base64"):
        return "Invalid value for 'encoding_format'.", "encoding_format"
    dimensions = body.get("dimensions")
    if dimensions is not None and not 1 <= dimensions <= MOST_DIMENSIONS:
        return "Invalid value for 'dimensions'.", "dimensions"
    return None


def inputs_of(body: dict[str, Any]) -> list[Any]:
    """A text, texts, the tokens of a text, or those of several."""
    given = body["input"]
    if isinstance(given, list) and not isinstance(given[0], int):
        return given
    return [given]


def embeddings(body: dict[str, Any]) -> dict[str, Any]:
    """The answer: one vector for each input, in their order."""
    inputs, dimensions = inputs_of(body), body.get("dimensions") or DIMENSIONS
    vectors = [vector_of(each, dimensions) for each in inputs]
    if body.get("encoding_format") == "base64":
        shown: list[Any] = [
            base64.b64encode(struct.pack(f"<{dimensions}f", *vector)).decode() for vector in vectors
        ]
    else:
        shown = list(vectors)
    tokens = sum(len(each) if isinstance(each, list) else len(each.split()) for each in inputs)
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": place, "embedding": each} for place, each in enumerate(shown)
        ],
        "model": body["model"],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def vector_of(given: Any, dimensions: int) -> list[float]:
    """Of length 1, and of numbers that a float of four bytes holds exactly."""
    seed = json.dumps(given).encode()
    raw = [
        int.from_bytes(blake2b(seed, salt=struct.pack("<q", place)[:8], digest_size=2).digest(), "big")
        - 32_768
        for place in range(dimensions)
    ]
    length = math.sqrt(sum(each * each for each in raw)) or 1.0
    numbers: list[float] = list(
        struct.unpack(f"<{dimensions}f", struct.pack(f"<{dimensions}f", *[each / length for each in raw]))
    )
    return numbers

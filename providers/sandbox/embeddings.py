"""The sandbox's embeddings: unit vectors made of their input by hash, so the same input gets the same vector."""

import asyncio
import math
from array import array
from base64 import b64encode
from collections.abc import Mapping
from hashlib import shake_256
from sys import byteorder
from typing import Any

from providers.port import Failure, ProviderError
from providers.sandbox.tokens import count_tokens

DIMENSIONS = 256
"""Unless the request says how many."""
MOST_DIMENSIONS = 4_096
Input = str | list[int]
"""One text, or its tokens."""


def inputs_of(body: Mapping[str, Any]) -> list[Input]:
    """What is to be embedded: a text, a list of texts, a text's tokens, or a list of those."""
    given: Any = body.get("input")
    if isinstance(given, str) or _are_tokens(given):
        return [given]
    if isinstance(given, list) and given and all(isinstance(one, str) or _are_tokens(one) for one in given):
        return given
    raise _refusal("input", "It is a text, a list of texts, a list of tokens, or a list of such lists.")


def input_tokens(inputs: list[Input]) -> int:
    return sum(count_tokens(one) if isinstance(one, str) else len(one) for one in inputs)


async def embeddings(body: Mapping[str, Any], inputs: list[Input]) -> list[dict[str, Any]]:
    """An entry for each input, in their order."""
    dimensions = body.get("dimensions") or DIMENSIONS
    if not isinstance(dimensions, int) or not 0 < dimensions <= MOST_DIMENSIONS:
        raise _refusal("dimensions", f"It is a number from 1 to {MOST_DIMENSIONS}.")
    encoding = body.get("encoding_format") or "float"
    if encoding not in ("float", "base64"):
        raise _refusal("encoding_format", 'It is "float" or "base64".')
    found = []
    for index, one in enumerate(inputs):
        vector = _vector(one, dimensions)
        shown = _packed(vector) if encoding == "base64" else vector.tolist()
        found.append({"object": "embedding", "index": index, "embedding": shown})
        await asyncio.sleep(0)  # many and long ones keep nobody else waiting
    return found


def _vector(given: Input, dimensions: int) -> "array[float]":
    """Return a vector of length 1, in floats of 32 bits."""
    data = given.encode("utf-8", "surrogatepass") if isinstance(given, str) else repr(given).encode()
    whole = array("i", shake_256(data).digest(4 * dimensions))
    if byteorder == "big":
        whole.byteswap()
    length = math.hypot(*whole) or 1.0
    return array("f", (number / length for number in whole))


def _packed(vector: "array[float]") -> str:
    """Its floats from the lowest byte to the highest, as OpenAI packs them."""
    if byteorder == "big":
        vector.byteswap()
    return b64encode(vector.tobytes()).decode()


def _are_tokens(given: object) -> bool:
    return isinstance(given, list) and bool(given) and all(type(number) is int for number in given)


def _refusal(field: str, why: str) -> ProviderError:
    return ProviderError(
        f"The sandbox cannot read {field}. {why}",
        failure=Failure.REFUSED,
        retryable=False,
        status=400,
        param=field,
    )

"""Usage as OpenAI-compatible vendors report it, each in a way of its own."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from providers.port import Usage

Count = Annotated[int, Meta(ge=0, le=10**12)]


class _InputDetails(Struct):
    cached_tokens: Count | None = None
    cache_write_tokens: Count | None = None


class _OutputDetails(Struct):
    reasoning_tokens: Count | None = None


class _Reported(Struct):
    prompt_tokens: Count
    completion_tokens: Count | None = None  # embeddings have none
    total_tokens: Count | None = None
    prompt_tokens_details: _InputDetails | None = None
    completion_tokens_details: _OutputDetails | None = None
    prompt_cache_hit_tokens: Count | None = None  # DeepSeek
    cache_creation_input_tokens: Count | None = None  # proxies in front of Anthropic


NULL = msgspec.Raw(b"null")
"""A field that is absent or null; msgspec knows no `Raw | None`."""
_decode = msgspec.json.Decoder(_Reported).decode


def is_null(raw: msgspec.Raw) -> bool:
    return raw is NULL or bytes(raw) == b"null"


def usage_of(raw: msgspec.Raw) -> Usage | None:
    """The usage object; None for one that is missing, null or makes no sense, so that it is estimated."""
    if is_null(raw):
        return None
    try:
        given = _decode(raw)
    except msgspec.DecodeError:
        return None
    details = given.prompt_tokens_details or _InputDetails()
    reasoning = (given.completion_tokens_details or _OutputDetails()).reasoning_tokens or 0
    output = given.completion_tokens or 0
    if given.total_tokens == given.prompt_tokens + output + reasoning:
        # xAI leaves reasoning out of completion_tokens. Elsewhere the total tells that it is inside.
        output += reasoning
    cached = details.cached_tokens or given.prompt_cache_hit_tokens or 0
    written = details.cache_write_tokens or given.cache_creation_input_tokens or 0
    cached = min(cached, given.prompt_tokens)
    return Usage(
        input_tokens=given.prompt_tokens,
        output_tokens=output,
        cached_input_tokens=cached,
        cache_write_tokens=min(written, given.prompt_tokens - cached),
        reasoning_tokens=min(reasoning, output),
    )

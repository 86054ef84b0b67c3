"""The last touches to a request, for vendors that want them. Most requests go as they are."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from providers.port import ProviderCall

RENAMED_LIMIT = frozenset({"api.openai.com"})
"""Hosts whose newer models refuse `max_tokens` and whose older ones take `max_completion_tokens` too."""


def renames_limit(base_url: str) -> bool:
    """Whether this vendor wants the output limit under its newer name."""
    return (urlsplit(base_url).hostname or "") in RENAMED_LIMIT


def payload_of(call: ProviderCall, *, streamed: bool, rename_limit: bool) -> bytes:
    """The body to send. It is written anew only where a named key has to differ; the limit's value never does."""
    body = call.body
    as_is = bool(body.get("stream")) == streamed
    if as_is and streamed:
        as_is = _asks_for_usage(body)
    if as_is and not (rename_limit and "max_tokens" in body):
        return call.payload
    edited = {**body, "stream": streamed}
    if streamed:
        edited["stream_options"] = {**(body.get("stream_options") or {}), "include_usage": True}
    else:
        edited.pop("stream_options", None)
    if rename_limit and edited.get("max_tokens") is not None:
        limit = edited.pop("max_tokens")
        edited["max_completion_tokens"] = min(limit, edited.get("max_completion_tokens") or limit)
    return msgspec.json.encode(edited)


def _asks_for_usage(body: Mapping[str, Any]) -> bool:
    options = body.get("stream_options")
    return bool(options and options.get("include_usage"))

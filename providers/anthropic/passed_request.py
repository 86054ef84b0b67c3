"""A request that is in Anthropic's own protocol already: sent on with as few edits as can be."""

from collections.abc import Iterator, Mapping
from typing import Any

from providers.anthropic.place import ANYWHERE, PLACE
from providers.messages.carried import MARK, without_carried
from providers.openai_compatible.lenient_json import encode_lenient
from providers.port import ProviderCall
from providers.translated.refusal import refusal

PROTOCOL = "messages"
AUTO_TIERS = (None, "auto")
"""With these the vendor may use what was bought in advance, at its own price."""
PLAIN_TIER = "standard_only"
OTHERS = (MARK.encode(), b'"signature":""')
"""One of them is in a request that brings back what another vendor's model made."""
VERSION_HEADER, BETA_HEADER = "anthropic-version", "anthropic-beta"
MAX_HEADER_LENGTH = 4_096
NOT_COUNTED = frozenset(
    {
        "max_tokens",
        "stream",
        "metadata",
        "service_tier",
        "stop_sequences",
        "temperature",
        "top_p",
        "top_k",
        PLACE,
    }
)
"""Fields of a request that the vendor does not take where it only counts: they change no input."""


def passed_request(call: ProviderCall, *, streamed: bool, anywhere: bool = False) -> bytes:
    """The caller's body, in which named keys alone may differ; `anywhere`: it says that the model may be run anywhere,
    unless the caller names a place.
    """
    changes: dict[str, Any] = {}
    if bool(call.body.get("stream")) != streamed:
        changes["stream"] = streamed
    if call.body.get("service_tier") in AUTO_TIERS:
        changes["service_tier"] = PLAIN_TIER
    if anywhere and call.body.get(PLACE) is None:
        changes[PLACE] = ANYWHERE
    changes |= _without_others(call)
    return encode_lenient({**call.body, **changes}) if changes else call.payload


def counted_request(call: ProviderCall) -> bytes:
    """The same for counting its input."""
    body = {**call.body, **_without_others(call)}
    return encode_lenient({name: value for name, value in body.items() if name not in NOT_COUNTED})


def header_lines(headers: Mapping[str, str], version: str) -> str:
    """The headers of the protocol, as they are sent; `version` is for a caller who names none. Raises ProviderError."""
    return "".join(_lines({VERSION_HEADER: version, **headers}))


def _lines(headers: Mapping[str, str]) -> Iterator[str]:
    for name in (VERSION_HEADER, BETA_HEADER):
        value = headers.get(name, "")
        if not (value.isascii() and value.isprintable()) or len(value) > MAX_HEADER_LENGTH:
            raise refusal(name, "cannot be sent as a header")
        if value:
            yield f"{name}: {value}\r\n"


def _without_others(call: ProviderCall) -> dict[str, Any]:
    if not any(mark in call.payload for mark in OTHERS):
        return {}
    return {"messages": without_carried(call.body.get("messages"))}

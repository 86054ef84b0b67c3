"""The last touches to a request: names and fields as this vendor and model want them. Most requests go as they are."""

from collections.abc import Mapping
from typing import Any

from providers.openai_compatible.echoes import thoughts_in, without_echoes
from providers.openai_compatible.hints import CACHE_MARK, LEARNT, MARK_IN_JSON, without_hints
from providers.openai_compatible.lenient_json import encode_lenient
from providers.openai_compatible.traits import LIMIT_NAMES, Traits
from providers.port import ProviderCall
from providers.signatures import MADE_BY, without_signatures

AUTO_TIERS = (None, "auto")
"""With these the vendor's own settings choose, and what they choose may be dear."""
PLAIN_TIER = "default"
CODING = "encoding_format"
OPTIONS = {"include_usage": True}
RUNNING_OPTIONS = {"include_usage": True, "continuous_usage_stats": True}
OTHERS_SIGNATURES = f'"{MADE_BY}"'.encode()
"""Is in a request that brings back what a vendor with a protocol of its own wants back: no other one takes it."""


def payload_of(call: ProviderCall, *, streamed: bool, traits: Traits) -> bytes:
    """The body to send. It is written anew only where a named key has to differ; the limit's value never does."""
    changes = changes_to(call.body, streamed=streamed, traits=traits)
    if traits.refused_hints:
        refused = traits.refused_hints - {name for name in LEARNT if call.asked.get(name) is not None}
        for name, value in without_hints(call.body, call.payload, refused).items():
            changes[name] = REMOVED if value is None else value
    if OTHERS_SIGNATURES in call.payload:
        changes["messages"] = without_signatures(changes.get("messages", call.body.get("messages")))
    messages = without_echoes(changes.get("messages", call.body.get("messages")), traits)
    if messages is not None:
        changes["messages"] = messages
    if not changes:
        return call.payload
    edited = {**call.body, **changes}
    return encode_lenient({name: value for name, value in edited.items() if value is not REMOVED})


def without_coding(call: ProviderCall) -> bytes:
    """A request for embeddings that does not say how they are to be written: the SDKs that ask for base64 read numbers
    as well.
    """
    return encode_lenient({name: value for name, value in call.body.items() if name != CODING})


class _Removed:
    """Stands for a key that is not sent."""


REMOVED = _Removed()


def changes_to(body: Mapping[str, Any], *, streamed: bool, traits: Traits) -> dict[str, Any]:
    """Keys with the values that they have to have instead."""
    changes: dict[str, Any] = {}
    if bool(body.get("stream")) != streamed:
        changes["stream"] = streamed
    options = body.get("stream_options")
    if streamed and traits.stream_options:
        wanted = RUNNING_OPTIONS if traits.running_usage else OPTIONS
        if not (isinstance(options, Mapping) and wanted.items() <= options.items()):
            changes["stream_options"] = {**(options or {}), **wanted}
    elif "stream_options" in body:
        changes["stream_options"] = REMOVED
    for name in LIMIT_NAMES:
        if name in body and name not in traits.limit_names:
            changes[name] = REMOVED
            if traits.limit_names:
                changes[traits.limit_names[0]] = body[name]
    for name, own in traits.renamed.items():
        if name in body:
            changes[name] = REMOVED
            if body.get(own) is None:
                changes[own] = body[name]
    return changes | tier_to_send(body, traits)


def tier_to_send(body: Mapping[str, Any], traits: Traits) -> dict[str, Any]:
    """The plain tier, where the caller names none."""
    tier = body.get("service_tier")
    if tier not in AUTO_TIERS:
        return {}
    if traits.service_tier:
        return {"service_tier": traits.service_tier}
    return {} if tier is None else {"service_tier": PLAIN_TIER}


def asks_for_usage(asked: Mapping[str, Any]) -> bool:
    """Whether the caller of a stream wants its usage."""
    options = asked.get("stream_options")
    return isinstance(options, Mapping) and bool(options.get("include_usage"))


def asks_for_running_usage(asked: Mapping[str, Any]) -> bool:
    """Whether the caller wants usage in every chunk."""
    options = asked.get("stream_options")
    return isinstance(options, Mapping) and bool(options.get("continuous_usage_stats"))


def added_fields(call: ProviderCall, *, streamed: bool, traits: Traits) -> list[str]:
    """What is sent although the caller did not send it, or not by this name."""
    changes = changes_to(call.body, streamed=streamed, traits=traits)
    sent = {name for name, value in {**call.body, **changes}.items() if value is not REMOVED}
    names = (*LIMIT_NAMES, "service_tier", *LEARNT)
    added = [
        name
        for name in names
        if name in sent and call.asked.get(name) is None and name not in traits.refused_hints
    ]
    if MARK_IN_JSON in call.payload and CACHE_MARK not in traits.refused_hints:
        added.append(CACHE_MARK)
    if traits.takes_thoughts:
        added += thoughts_in(call.body.get("messages"))
    return [*added, "stream_options"] if "stream_options" in sent else added

"""The last touches to a Responses request for a vendor that speaks the protocol.

It goes as the caller wrote it, but for the stream flag, the plain service tier, and what
the gateway itself has put into the conversation. An answer that the vendor would make in the background is refused:
nobody could fetch it here, and it would be paid for.
"""

from collections.abc import Mapping
from typing import Any

from providers.openai_compatible.lenient_json import encode_lenient
from providers.openai_compatible.request import REMOVED, tier_to_send
from providers.openai_compatible.traits import Traits
from providers.port import ProviderCall
from providers.responses.fields import refuse_unless
from providers.responses.marks import OURS, is_made_here, is_sealed
from providers.responses.request import AT_ONCE, LATER

OUR_IDS = f"_{OURS}_".encode()
"""Is in a request that brings back items of an answer that was translated here."""


def native_payload(call: ProviderCall, *, streamed: bool, traits: Traits) -> bytes:
    """The body to send, written anew only where a named key has to differ. Raises ProviderError."""
    refuse_unless(call.body, "", LATER, AT_ONCE)
    changes = _changes_to(call.body, streamed=streamed, traits=traits)
    if OUR_IDS in call.payload:
        changes["input"] = without_ours(call.body.get("input"))
    if not changes:
        return call.payload
    edited = {**call.body, **changes}
    return encode_lenient({name: value for name, value in edited.items() if value is not REMOVED})


def native_additions(call: ProviderCall, *, streamed: bool, traits: Traits) -> list[str]:
    """What is sent although the caller did not send it, and that can be left out."""
    sent = {**call.body, **_changes_to(call.body, streamed=streamed, traits=traits)}
    return ["service_tier"] if "service_tier" in sent and call.asked.get("service_tier") is None else []


def without_ours(given: object) -> object:
    """The input without what means nothing to a vendor: ids that were made here, and reasoning that carries what
    another vendor wants back.
    """
    if not isinstance(given, list):
        return given
    return [_without_id(item) for item in given if not _is_our_reasoning(item)]


def _is_our_reasoning(item: object) -> bool:
    return (
        isinstance(item, Mapping)
        and item.get("type") == "reasoning"
        and (is_sealed(item.get("encrypted_content")) or is_made_here(item.get("id")))
    )


def _without_id(item: object) -> object:
    if not isinstance(item, Mapping) or not is_made_here(item.get("id")):
        return item
    return {name: value for name, value in item.items() if name != "id"}


def _changes_to(body: Mapping[str, Any], *, streamed: bool, traits: Traits) -> dict[str, Any]:
    """Keys with the values that they have to have instead."""
    changes: dict[str, Any] = {}
    if bool(body.get("stream")) != streamed:
        changes["stream"] = streamed
        if not streamed and "stream_options" in body:
            changes["stream_options"] = REMOVED
    return changes | tier_to_send(body, traits)

"""Why a choice ended, in a vendor's own words: said in OpenAI's, which clients know."""

from collections.abc import Sequence
from typing import Any

from providers.openai_compatible.lenient_json import NotJson, decode_object, encode_lenient
from providers.openai_compatible.traits import FAILED, Traits
from providers.openai_compatible.wire import Choice

CUT_SHORT = "length"
"""What a choice is said to have ended by that a failure of the vendor's ended after it had said something."""


def ends_any(choices: Sequence[Choice]) -> bool:
    """Whether one of them says why it ended."""
    for choice in choices:  # noqa: SIM110 - a chunk is read in a few microseconds, of which a generator is one
        if choice.finish_reason is not None:
            return True
    return False


def has_own_finish(choices: Sequence[Choice], traits: Traits) -> bool:
    """Whether one of them ended with a word of the vendor's own."""
    known = traits.finish_reasons
    return bool(known) and any(
        type(choice.finish_reason) is str and choice.finish_reason in known for choice in choices
    )


def failure_in(choices: Sequence[Choice], traits: Traits) -> dict[str, str] | None:
    """The error that a finish reason stands for: the vendor could not go on; None: there is none."""
    if not has_own_finish(choices, traits):
        return None
    for choice in choices:
        if type(choice.finish_reason) is str and traits.finish_reasons.get(choice.finish_reason) == FAILED:
            return {"message": f"it could not go on: {choice.finish_reason}"}
    return None


def with_known_finish(data: bytes, traits: Traits) -> bytes:
    """An answer or a chunk with OpenAI's words; one that is nested too deeply to be written anew stays as it is."""
    try:
        given = decode_object(data)
        choices = [_translated(choice, traits) for choice in given["choices"]]
        return encode_lenient(given | {"choices": choices})
    except (NotJson, KeyError, TypeError):
        return data


def _translated(choice: Any, traits: Traits) -> Any:
    reason = choice.get("finish_reason") if isinstance(choice, dict) else None
    if not isinstance(reason, str) or reason not in traits.finish_reasons:
        return choice
    return choice | {"finish_reason": traits.finish_reasons[reason] or CUT_SHORT}

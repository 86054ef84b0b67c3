"""Why a vendor stopped, read from an answer or an event of a stream in any of the callers' protocols."""

from msgspec import DecodeError, Struct, json


class _Choice(Struct):
    finish_reason: str | None = None


class _Delta(Struct):
    stop_reason: str | None = None


class _Said(Struct):
    choices: list[_Choice] | None = None
    stop_reason: str | None = None
    """Of a whole answer to Anthropic's Messages."""
    delta: _Delta | str | None = None
    """Of an event of theirs; a text in an event of Responses."""
    status: str | None = None
    """Of an answer to Responses."""


_decode = json.Decoder(_Said).decode


def finish_reasons(data: bytes) -> tuple[str, ...]:
    """One for each choice that has ended; nothing while it goes on, or in a form that is not known."""
    if not data:
        return ()
    try:
        said = _decode(data)
    except DecodeError:
        return ()
    reasons = [choice.finish_reason for choice in said.choices or ()]
    reasons.append(said.stop_reason or said.status)
    if isinstance(said.delta, _Delta):
        reasons.append(said.delta.stop_reason)
    return tuple(reason for reason in reasons if reason)

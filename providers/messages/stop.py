"""Why an answer ended, in the words of the Messages protocol."""

from collections.abc import Mapping
from typing import Any

LIMITED, CALLS, REFUSED, ENDED, STOPPED = "max_tokens", "tool_use", "refusal", "end_turn", "stop_sequence"
REASONS = {"length": LIMITED, "tool_calls": CALLS, "function_call": CALLS, "content_filter": REFUSED}
"""`finish_reason` → `stop_reason`; every other one says that it had said all."""


def stop_of(
    choice: Mapping[str, Any], asked: Mapping[str, Any], *, has_calls: bool, refusal: str
) -> dict[str, Any]:
    """The fields `stop_reason`, `stop_sequence` and `stop_details`; `choice` is the one that says why it ended."""
    finish = choice.get("finish_reason")
    reason = REFUSED if refusal else REASONS.get(finish) if isinstance(finish, str) else None
    sequence = None
    if reason is None:
        sequence = _sequence(choice, asked)
        reason = CALLS if has_calls else STOPPED if sequence is not None else ENDED
        sequence = sequence if reason == STOPPED else None
    details = {"type": "refusal", "category": None, "explanation": refusal or None}
    return {
        "stop_reason": reason,
        "stop_sequence": sequence,
        "stop_details": details if reason == REFUSED else None,
    }


def _sequence(choice: Mapping[str, Any], asked: Mapping[str, Any]) -> str | None:
    """Which of the caller's sequences it stopped at: some servers say it in `stop_reason`, as vLLM does."""
    said, wanted = choice.get("stop_reason"), asked.get("stop_sequences")
    return said if isinstance(said, str) and isinstance(wanted, list) and said in wanted else None

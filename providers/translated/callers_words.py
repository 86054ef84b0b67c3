"""A refusal of the chat request that was made of a caller's, in the words of the caller's own protocol."""

import re
from collections.abc import Mapping

from providers.port import ProviderError

NAMES: Mapping[str, Mapping[str, str]] = {
    "messages": {
        "response_format": "output_config.format",
        "reasoning_effort": "output_config.effort",
        "stop": "stop_sequences",
        "user": "metadata.user_id",
        "max_completion_tokens": "max_tokens",
        "parallel_tool_calls": "tool_choice.disable_parallel_tool_use",
    },
    "responses": {
        "messages": "input",
        "response_format": "text.format",
        "reasoning_effort": "reasoning.effort",
        "verbosity": "text.verbosity",
        "logprobs": "include",
        "max_tokens": "max_output_tokens",
        "max_completion_tokens": "max_output_tokens",
    },
}
"""Fields of chat by protocol, where they are called otherwise there."""
_FIELD = re.compile(r"[^.\[]*")


def in_words_of(protocol: str, error: ProviderError) -> ProviderError:
    """The error with the name of the caller's field as `param`, and in its sentence where that is ours.

    What is within a field stands elsewhere in the caller's request: only the sentence tells it, as chat calls it.
    """
    path = error.param or ""
    field = _FIELD.match(path)
    name = field[0] if field else ""
    ours = NAMES[protocol].get(name, name)
    if not ours or ours == path:
        return error
    named = f"`{ours}`" if name == path else f"`{ours}` (in chat `{path}`)"
    error.param = ours
    if error.message.startswith(f"`{path}`"):
        error.message = named + error.message.removeprefix(f"`{path}`")
        error.args = (error.message,)
    return error

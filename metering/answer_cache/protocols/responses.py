"""OpenAI's Responses in the cache.

Where a request does not say `store: false`, its vendor keeps the answer, and whoever has its id may go on from it.
Two callers with one id would go on from each other's answer, and a caller whose hit was made with another key, or was
deleted since, from none. So only answers that nobody can go on from are kept: those that are not stored.

An answer repeats what was asked, labels and limits too, so that all of it is in the key.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from metering.admission.forms.chat import mappings
from metering.admission.forms.kinds import kind_of
from metering.admission.forms.responses import (
    PLAIN_TOOLS,
    RESPONSES,
    TEXT_PARTS,
    is_kept_elsewhere,
    is_reference,
    items_of,
    parts_of,
    tools_of,
)
from metering.answer_cache.protocols.conversation import CachedConversation, Part
from metering.ports import Body

STATE_FIELDS = ("previous_response_id", "conversation", "prompt")
SOUND = "input_audio"
CALLERS_CALLS = frozenset(
    {"function_call", "custom_tool_call", "local_shell_call", "apply_patch_call", "computer_call"}
)
"""Items that call what the caller runs. Others that are calls hold what the vendor's tools said too."""
FIXED_ITEMS = CALLERS_CALLS | {"message", "reasoning", "additional_tools"}
LIMITED = "max_output_tokens"
"""Why an answer is incomplete that reached its limit. It would reach it again: the limit is part of the key."""
SAID = frozenset({"message", "reasoning"})
CALLS = CALLERS_CALLS | {"web_search_call", "file_search_call"}
"""Items of answers for `any`. Other tools of the vendor's leave something behind, or do something."""


class CachedResponses(CachedConversation):
    """OpenAI's Responses."""

    form = RESPONSES

    def is_stored(self, body: Body) -> bool:
        return body.get("store") is not False

    def refers_to_state(self, body: Body) -> bool:
        if any(body.get(name) is not None for name in STATE_FIELDS):
            return True
        return any(
            is_reference(item) or (kind_of(item) == "reasoning" and is_kept_elsewhere(item))
            for item in items_of(body)
        )

    def has_sound(self, body: Body) -> bool:
        return any(kind_of(part) == SOUND for part in self.parts_of(body))

    def has_tool_results(self, body: Body) -> bool:
        kinds = [kind_of(item) for item in items_of(body)]
        return any(kind.endswith(("_output", "_call")) and kind not in CALLERS_CALLS for kind in kinds)

    def tools_of(self, body: Body) -> list[Any]:
        return tools_of(body)

    def is_callers(self, tool: Any) -> bool:
        return kind_of(tool) in PLAIN_TOOLS

    def parts_of(self, body: Body) -> Iterator[Part]:
        """The items and what is in them."""
        for item in items_of(body):
            yield item
            yield from parts_of(item)

    def is_fixed(self, part: Part) -> bool:
        kind = kind_of(part)
        if kind in FIXED_ITEMS or kind in TEXT_PARTS or (not kind and "role" in part):
            return True
        url = part.get("image_url")
        if kind == "input_image":
            return isinstance(url, str) and url.startswith("data:")
        is_inside = isinstance(part.get("file_data"), str) and not (
            part.get("file_id") or part.get("file_url")
        )
        return kind == "input_file" and is_inside

    def is_kept(self, answer: Mapping[str, Any], *, any_: bool) -> bool:
        output = answer.get("output")
        refers = any(answer.get(name) is not None for name in STATE_FIELDS)
        if answer.get("error") or answer.get("store") or refers or not _is_finished(answer):
            return False
        if not isinstance(output, list) or not output or not all(map(_is_answered, output)):
            return False
        kinds = set(map(kind_of, output))
        return kinds <= SAID or (any_ and kinds <= SAID | CALLS)


def _is_finished(answer: Mapping[str, Any]) -> bool:
    details = answer.get("incomplete_details")
    why = details.get("reason") if isinstance(details, Mapping) else None
    return answer.get("status") == "completed" or (answer.get("status") == "incomplete" and why == LIMITED)


def _is_answered(item: object) -> bool:
    """Whether an item is none that refuses."""
    return isinstance(item, Mapping) and all(
        kind_of(part) != "refusal" for part in mappings(item.get("content"))
    )

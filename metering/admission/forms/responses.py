"""The request of OpenAI's Responses: the fields that bear cost, its items, and how it is sent to a model.

Source: OpenAI's API reference, November 2026.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from metering.admission.forms.chat import (
    Caches,
    Parts,
    RequestForm,
    flatten_tags,
    is_known_tool,
    items,
    knows_tier,
    mappings,
    note_cache,
    tool_name,
)
from metering.admission.forms.kinds import kind_of
from metering.admission.text_tokens import TextCeiling
from metering.catalog.served import ServedModel
from metering.ports import Body

PLAIN_TOOLS = frozenset({"function", "custom", "namespace", "local_shell", "apply_patch"})
"""Tools that the caller runs."""
DESCRIBED_TOOLS = frozenset({"function", "custom", "namespace"})
"""Those of which the request itself says all that the model is told."""
OFFERED_ALWAYS = ("web_search", "external_web_access")
"""The type of the tool, and the field in it, that Codex sends along with every request."""
OWN_TOOL_TOKENS = 2_048
"""More than the vendor's description of any other."""
TEXT_ITEMS = frozenset(
    {
        "message",
        "function_call",
        "function_call_output",
        "custom_tool_call",
        "custom_tool_call_output",
        "local_shell_call",
        "local_shell_call_output",
        "apply_patch_call",
        "apply_patch_call_output",
        "reasoning",
        "additional_tools",
    }
)
"""Items whose tokens their bytes bound, but for the parts in them."""
TEXT_PARTS = frozenset({"input_text", "output_text", "text", "refusal", "summary_text", "reasoning_text"})
REFERENCE = "item_reference"
"""Stands for an item that the vendor has: input that the request does not show."""
PLAIN_MODES = (None, "standard")
"""Of reasoning. What another one may generate beside the answer is not known."""
OWN_REASONING = "rs_gw_"
"""How the ids of reasoning begin that were made here: no vendor has kept any under them."""
PICTURE_FIELDS = frozenset({"type", "image_url", "detail"})
CONTENTS = ("content", "output")
"""Where an item holds parts."""

_NAMES = """
    model input instructions max_output_tokens max_tool_calls temperature top_p top_logprobs tools tool_choice
    parallel_tool_calls text reasoning metadata stream stream_options store include truncation user safety_identifier
    prompt_cache_key prompt_cache_retention prompt_cache_options service_tier client_metadata background
"""
_UNPRICED = {
    "service_tier": lambda tier, price: not knows_tier(tier, price),
    "tools": lambda tools, price: (
        not all(is_known_tool(tool, price, PLAIN_TOOLS) for tool in _opened(items(tools)))
    ),
    "tool_choice": lambda choice, price: (
        isinstance(choice, Mapping) and choice.get("type") not in (*PLAIN_TOOLS, "allowed_tools")
    ),
    "input": lambda value, price: (
        any(map(is_reference, mappings(value)))
        or not all(is_known_tool(tool, price, PLAIN_TOOLS) for tool in _added_tools(value))
    ),
    "background": lambda value, price: value is not False,
    "reasoning": lambda value, price: isinstance(value, Mapping) and value.get("mode") not in PLAIN_MODES,
}


class ResponsesForm(RequestForm):
    """The request form of OpenAI's Responses."""

    allowed = frozenset(_NAMES.split())
    unpriced_values = _UNPRICED
    output_fields = ("max_output_tokens",)
    schema_fields = ("tools", "text")
    messages_field = "input"

    def caches_of(self, body: Body) -> Caches:
        found: Caches = []
        note_cache(found, "prompt_cache_options", body.get("prompt_cache_options"))
        for item in items_of(body):
            for part in (item, *parts_of(item)):
                note_cache(found, "input", part.get("prompt_cache_breakpoint"))
        return found

    def parts_beyond_text(self, body: Body) -> Parts:
        return [_as_part(part) for item in items_of(body) for part in _beyond_text(item)]

    def text_alone(self, body: Body) -> Body:
        return {**body, "input": [_texts_of(item) for item in items_of(body) if _is_known(item)]}

    def has_vendors_tool(self, body: Body) -> bool:
        return any(map(tool_name, tools_of(body)))

    def within_hard_budget(self, body: Body) -> Body:
        if body.get("tool_choice") not in (None, "auto") or not any(map(_is_offered_always, tools_of(body))):
            return body
        kept = {**body, "tools": _not_offered_always(body["tools"])} if "tools" in body else {**body}
        if isinstance(body.get("input"), list):
            kept["input"] = [
                {**item, "tools": _not_offered_always(item["tools"])}
                if isinstance(item, Mapping) and "tools" in item
                else item
                for item in body["input"]
            ]
        return kept

    def choices_of(self, body: Body) -> int:
        return 1

    def overhead_of(self, body: Body) -> int:
        tools = tools_of(body)
        own = sum(kind_of(tool) not in DESCRIBED_TOOLS for tool in tools)
        measured = {**body, "tools": tools, "input": items(body.get("input"))}
        return super().overhead_of(measured) + own * OWN_TOOL_TOKENS

    def spared_by_counting(self, body: Body, tokenizer: str, text_ceiling: TextCeiling) -> int:
        """0: its texts are bounded by their bytes alone."""
        return 0

    def edited(self, body: Body, model: ServedModel, output_tokens: int) -> Body:
        edited = {**body, "model": model.physical_name, "max_output_tokens": output_tokens}
        flatten_tags(edited)
        return edited


RESPONSES = ResponsesForm()


def _is_offered_always(tool: object) -> bool:
    kind, field = OFFERED_ALWAYS
    return isinstance(tool, Mapping) and tool.get("type") == kind and field in tool


def _not_offered_always(tools: object) -> object:
    return [tool for tool in tools if not _is_offered_always(tool)] if isinstance(tools, list) else tools


def tools_of(body: Body) -> list[Any]:
    """Those of the request, and those that items of its input add; with those inside namespaces."""
    return [*_opened(items(body.get("tools"))), *_added_tools(body.get("input"))]


def _added_tools(given: object) -> list[Any]:
    return [tool for item in mappings(given) for tool in _opened(items(item.get("tools")))]


def _opened(tools: list[Any]) -> list[Any]:
    inside = [tool.get("tools") for tool in mappings(tools) if tool.get("type") == "namespace"]
    return [*tools, *[each for given in inside for each in items(given)]]


def parts_of(item: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for field in CONTENTS:
        yield from mappings(item.get(field))


def items_of(body: Body) -> Iterator[Mapping[str, Any]]:
    return mappings(body.get("input"))


def is_reference(item: Mapping[str, Any]) -> bool:
    """An item of an id alone is one too: the type may be left out."""
    return item.get("type") == REFERENCE or (item.get("type") is None and "role" not in item)


def _is_known(item: Mapping[str, Any]) -> bool:
    kind = item.get("type", "message")
    return kind in TEXT_ITEMS and not (kind == "reasoning" and is_kept_elsewhere(item))


def is_kept_elsewhere(item: Mapping[str, Any]) -> bool:
    """Whether the vendor may put in the place of a reasoning item what it has kept under its id."""
    id = item.get("id")
    return bool(id) and not item.get("encrypted_content") and not str(id).startswith(OWN_REASONING)


def _beyond_text(item: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the parts of an item whose tokens its bytes do not bound."""
    if not _is_known(item):
        yield item
        return
    for field in CONTENTS:
        for part in mappings(item.get(field)):
            if kind_of(part) not in TEXT_PARTS:
                yield part


def _as_part(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """A picture in chat's shape, in which pictures are measured; of anything else the type alone."""
    if part.get("type") == "input_image" and isinstance(part.get("image_url"), str):
        image = {"url": part["image_url"], "detail": part.get("detail")}
        others = {name: value for name, value in part.items() if name not in PICTURE_FIELDS}
        return {**others, "type": "image_url", "image_url": image}
    return {"type": str(part.get("type"))}


def _texts_of(item: Mapping[str, Any]) -> Mapping[str, Any]:
    changed = {
        field: [part for part in mappings(item[field]) if kind_of(part) in TEXT_PARTS]
        for field in CONTENTS
        if isinstance(item.get(field), list)
    }
    return {**item, **changed} if changed else item

"""Answers of a wanted shape: the sandbox writes them from the material in the request, by the schema's name.

Each writer is a pure function of the request, so equal requests get equal answers. A request says with a directive
where a writer shall make a mistake: `sandbox:mistake=N` in its material makes the first N answers useless.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from providers.sandbox import diagrams, drafting, prior_art
from providers.sandbox.directives import text_of

Material = dict[str, str]
"""The texts between marks, by name."""
Writer = Callable[[Material], object]
"""Makes an answer, which is sent as JSON, from the material."""
WRITERS: dict[str, Writer] = {
    "prior_art_plan": prior_art.plan,
    "prior_art_chart": prior_art.chart,
    "diagram_plan": diagrams.write_plan,
    "diagram_source": diagrams.write_source,
    **{f"draft_{code}": drafting.writer_of(code) for code in drafting.CODES},
}
"""By the name of the schema that the request asks for."""
AGAIN: dict[str, Callable[[Material, int], object]] = {"draft_claims": drafting.write_claims}
"""Those whose answer depends on how many answers to the same request were useless before."""
ANY_OBJECT: Mapping[str, Any] = {"type": "object", "properties": {"answer": {"type": "string"}}}
"""Of whom no shape is told."""
_MARKED = re.compile(r"<(\w+)-([0-9a-f]{16})>\n(.*?)\n</\1-\2>", re.DOTALL)
_MISTAKES = re.compile(r"sandbox:mistake=(\d)")


def schema_name(body: Mapping[str, Any]) -> str:
    """The name of the JSON schema that the answer shall have, or ""."""
    wanted = body.get("response_format")
    schema = wanted.get("json_schema") if isinstance(wanted, dict) else None
    return str(schema.get("name", "")) if isinstance(schema, dict) else ""


def shape_of(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The schema of the answer; None: it may be any text."""
    wanted = body.get("response_format")
    if not isinstance(wanted, dict) or wanted.get("type") not in ("json_schema", "json_object"):
        return None
    named = wanted.get("json_schema")
    schema = named.get("schema") if isinstance(named, dict) else None
    return schema if isinstance(schema, dict) and schema else ANY_OBJECT


def material_in(body: Mapping[str, Any]) -> Material:
    """The texts between marks in the first user message."""
    for message in body["messages"]:
        if message.get("role") == "user":
            return {name: text for name, _, text in _MARKED.findall(text_of(message))}
    return {}


def is_mistake(body: Mapping[str, Any], material: Material) -> bool:
    """Whether this answer is one of those that shall be useless: one is given for each that came before."""
    wanted = max((int(number) for text in material.values() for number in _MISTAKES.findall(text)), default=0)
    return answers_before(body) < wanted


def answers_before(body: Mapping[str, Any]) -> int:
    """The answers that the request quotes: each was useless."""
    return sum([message.get("role") == "assistant" for message in body["messages"]])

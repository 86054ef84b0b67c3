"""Tools in namespaces, as Codex offers them, for vendors without: the space becomes a part of the name."""

import hashlib
from collections.abc import Mapping
from typing import Any

from providers.translated.refusal import list_at, mapping_at, text_at

NAMESPACE = "namespace"
BETWEEN = "__"
LONGEST = 64
"""Characters of a function's name, at most vendors."""


def joined_name(namespace: str, name: str) -> str:
    """The name of a tool in a namespace, as the vendor gets it; a long one ends in its digest."""
    joined = f"{namespace}{BETWEEN}{name}"
    if len(joined) <= LONGEST:
        return joined
    digest = hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{joined[: LONGEST - len(digest) - 1]}_{digest}"


def opened_tools(tools: list[Any], path: str) -> list[tuple[str, Mapping[str, Any]]]:
    """All tools with their paths; those in a namespace each by itself, under the joined name.

    Raises ProviderError for a namespace without a name or tools.
    """
    found: list[tuple[str, Mapping[str, Any]]] = []
    for place, given in enumerate(tools):
        here = f"{path}[{place}]"
        tool = mapping_at(given, here)
        if tool.get("type") != NAMESPACE:
            found.append((here, tool))
            continue
        space = text_at(tool.get("name"), f"{here}.name")
        for number, inner in enumerate(list_at(tool.get("tools"), f"{here}.tools")):
            within = f"{here}.tools[{number}]"
            each = mapping_at(inner, within)
            name = text_at(each.get("name"), f"{within}.name")
            found.append((within, {**each, "name": joined_name(space, name)}))
    return found


def names_in_spaces(asked: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Joined name → the namespace and the tool's own name, of a request whose form was checked already."""
    tools = asked.get("tools")
    return {
        joined_name(str(tool.get("name")), str(inner.get("name"))): (
            str(tool.get("name")),
            str(inner.get("name")),
        )
        for tool in (tools if isinstance(tools, list) else ())
        if isinstance(tool, Mapping) and tool.get("type") == NAMESPACE
        for inner in (tool.get("tools") or ())
        if isinstance(inner, Mapping)
    }

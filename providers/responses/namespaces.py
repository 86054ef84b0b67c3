"""Tools in namespaces, as Codex offers them, for vendors without: the space becomes a part of the name."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from providers.translated.refusal import list_at, mapping_at, text_at

NAMESPACE = "namespace"
ADDITIONAL = "additional_tools"
"""The type of an item of the input that offers tools."""
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


def offered(body: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Every offered tool with its path: those of the request, and those that items of its input add, as Codex does for
    models that it knows. Raises ProviderError for a list that is none.
    """
    found: list[tuple[str, Any]] = []
    for path, tools in (("tools", body.get("tools")), *_added(body.get("input"))):
        if tools is not None:
            found += [(f"{path}[{place}]", tool) for place, tool in enumerate(list_at(tools, path))]
    return found


def _added(items: object) -> Iterator[tuple[str, object]]:
    for place, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, Mapping) and item.get("type") == ADDITIONAL:
            yield f"input[{place}].tools", item.get("tools")


def opened_tools(tools: list[tuple[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    """Tools with their paths; those in a namespace each by itself, under the joined name.

    Raises ProviderError for a namespace without a name or tools.
    """
    found: list[tuple[str, Mapping[str, Any]]] = []
    for here, given in tools:
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
    return {
        joined_name(str(tool.get("name")), str(inner.get("name"))): (
            str(tool.get("name")),
            str(inner.get("name")),
        )
        for _, tool in offered(asked)
        if isinstance(tool, Mapping) and tool.get("type") == NAMESPACE
        for inner in (tool.get("tools") or ())
        if isinstance(inner, Mapping)
    }

"""The sandbox's answers to the diagram task: it draws the parts and sentences that it finds in the material.

`sandbox:invalid-diagram=N` in the material makes the first N sources of each diagram such that no renderer draws them.
"""

import re
from collections.abc import Iterable, Mapping

from providers.sandbox.diagram_source import BROKEN, SOURCES, Figure, of_messages
from providers.sandbox.sentences import Part, in_short, parts_and_links, sentences

KINDS = ("block", "flowchart", "sequence", "state", "class")
MOST_STEPS = 7
STEP_WORDS = 8
_CONDITION = re.compile(r"(?:if|when|in case)\s", re.IGNORECASE)
_FIGURE = re.compile(r"^FIG\. (\d+)")
_INVALID = re.compile(r"sandbox:invalid-diagram=(\d)")
_SHOWN = {
    "block": "parts and their connections",
    "flowchart": "order of the steps",
    "sequence": "messages between the parts",
    "state": "states and what changes them",
    "class": "parts and what they have",
}


def write_plan(material: Mapping[str, str]) -> object:
    """The answer to `diagram_plan`."""
    wish = _wish(material)
    parts, _ = parts_and_links(_text(material))
    kinds = KINDS if wish.get("kind") not in KINDS else (wish["kind"],)
    views = []
    for number in range(1, int(wish.get("count", "1")) + 1):
        kind = kinds[(number - 1) % len(kinds)]
        about = parts[(number - 2) % len(parts)].name if parts and number > 1 else "whole"
        views.append(
            {
                "title": f"FIG. {number}: {_SHOWN[kind]} of the {about}",
                "kind": kind,
                "shows": f"View {number} shows the {_SHOWN[kind]} of the {about}.",
            }
        )
    return {"views": views, "parts": _as_json(_numbered(parts, wish))}


def write_source(material: Mapping[str, str]) -> object:
    """The answer to `diagram_source`."""
    wish, text = _wish(material), _text(material)
    title = material.get("view", "").partition("\n")[0]
    figure = _FIGURE.match(title)
    kind = wish["kind"] if wish.get("kind") in KINDS else "block"
    parts, links = parts_and_links(text)
    number = int(figure[1]) if figure else 1
    steps = _steps(text, wish, number)
    drawn = _about(Figure(parts=_numbered(parts, wish), links=links, steps=steps), number)
    if kind == "sequence":
        drawn = of_messages(drawn)
    language = wish.get("language", "mermaid")
    source = SOURCES[language, kind](drawn)
    invalid = max((int(number) for number in _INVALID.findall(text)), default=0)
    if int(wish.get("attempt", "1")) <= invalid:
        source = BROKEN[language](source)
    shown = steps if kind in ("flowchart", "state") else drawn.parts
    return {
        "title": title or f"{_SHOWN[kind].capitalize()}",
        "kind": kind,
        "source": source,
        "parts": _as_json(part for part in shown if part.numeral),
    }


def _wish(material: Mapping[str, str]) -> dict[str, str]:
    pairs = (line.partition(": ") for line in material.get("wish", "").splitlines())
    return {name: value for name, _, value in pairs}


def _text(material: Mapping[str, str]) -> str:
    return "\n".join(material[name] for name in ("description", "claims") if name in material)


def _as_json(parts: Iterable[Part]) -> list[dict[str, str]]:
    return [{"name": part.name, "numeral": part.numeral} for part in parts]


def _numbered(parts: list[Part], wish: Mapping[str, str]) -> list[Part]:
    """In patent style those without a numeral get the next even number that is free."""
    parts = parts or [Part("device", "")]
    if wish.get("style") != "patent":
        return parts
    taken = {part.numeral for part in parts}
    free = (str(number) for number in range(10, 10_000, 2) if str(number) not in taken)
    return [part if part.numeral else part._replace(numeral=next(free)) for part in parts]


def _about(whole: Figure, number: int) -> Figure:
    """The whole in the first figure, one part and its neighbours in each that follows."""
    if number < 2:
        return whole
    name = whole.parts[(number - 2) % len(whole.parts)].name
    near = [link for link in whole.links if name in (link.source, link.target)]
    names = {name, *(link.source for link in near), *(link.target for link in near)}
    return whole._replace(parts=[part for part in whole.parts if part.name in names], links=near)


def _clauses(sentence: str) -> list[str]:
    """ "If it is cold, the boiler heats it" is a question and a step."""
    condition, comma, rest = sentence.partition(",")
    return [condition, rest.strip()] if comma and rest.strip() and _CONDITION.match(condition) else [sentence]


def _steps(text: str, wish: Mapping[str, str], figure: int) -> list[Part]:
    """What is done, sentence by sentence; a figure that follows begins at a later sentence."""
    found = [in_short(clause, STEP_WORDS) for each in sentences(text) for clause in _clauses(each)] or [
        "Begin"
    ]
    start = (figure - 1) % len(found)
    chosen = list(dict.fromkeys([*found[start:], *found[:start]]))[:MOST_STEPS]
    is_patent = wish.get("style") == "patent"
    return [Part(step, f"S{10 * number}" if is_patent else "") for number, step in enumerate(chosen, 1)]

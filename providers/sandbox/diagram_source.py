"""Sources of diagrams in Mermaid and PlantUML, made of parts, links and steps."""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

from providers.sandbox.sentences import Link, Part

_IF = re.compile(r"^(?:if|when|in case)\s+", re.IGNORECASE)
_NOT_IN_LABELS = re.compile(r"[^\w\s.,%°/+-]")
LABEL_WORDS = 12


class Figure(NamedTuple):
    """What a diagram shows."""

    parts: list[Part]
    links: list[Link]
    steps: list[Part]


def of_messages(figure: Figure) -> Figure:
    """What parts do to each other, not what they have; at least one message."""
    acts = [link for link in figure.links if not link.verb.startswith(("compris", "includ", "ha"))]
    links = acts or figure.links or [Link(figure.parts[0].name, figure.parts[-1].name, "")]
    names = {name for link in links for name in (link.source, link.target)}
    return figure._replace(parts=[part for part in figure.parts if part.name in names], links=links)


def mermaid_block(figure: Figure) -> str:
    lines = ["flowchart LR", *(f'  {_id(figure, part)}["{_label(part)}"]' for part in figure.parts)]
    for link in figure.links:
        verb = f'|"{link.verb}"| ' if link.verb else ""
        lines.append(f"  {_end(figure, link.source)} -->{verb}{_end(figure, link.target)}")
    return "\n".join(lines)


def mermaid_flowchart(figure: Figure) -> str:
    lines = ["flowchart TD", '  begin(["Start"])', '  finish(["End"])']
    names = ["begin", *(f"s{number}" for number in range(1, len(figure.steps) + 1)), "finish"]
    for number, step in enumerate(figure.steps, 1):
        is_question = _IF.match(step.name)
        lines.append(
            f'  s{number}{{"{_question(step)}"}}' if is_question else f'  s{number}["{_label(step)}"]'
        )
    for place, (name, following) in enumerate(pairwise(names)):
        if 0 < place <= len(figure.steps) and _IF.match(figure.steps[place - 1].name):
            lines.append(f'  {name} -->|"yes"| {following}')
            if following != "finish":
                lines.append(f'  {name} -->|"no"| {names[place + 2]}')
        else:
            lines.append(f"  {name} --> {following}")
    return "\n".join(lines)


def mermaid_sequence(figure: Figure) -> str:
    lines = [
        "sequenceDiagram",
        *(f"  participant {_id(figure, part)} as {_label(part)}" for part in figure.parts),
    ]
    for link in figure.links:
        lines.append(f"  {_end(figure, link.source)}->>{_end(figure, link.target)}: {link.verb or 'acts on'}")
    return "\n".join(lines)


def mermaid_class(figure: Figure) -> str:
    lines = ["classDiagram", *(f'  class {_id(figure, part)}["{_label(part)}"]' for part in figure.parts)]
    for link in figure.links:
        verb = f" : {link.verb}" if link.verb else ""
        lines.append(f"  {_end(figure, link.source)} --> {_end(figure, link.target)}{verb}")
    return "\n".join(lines)


def mermaid_state(figure: Figure) -> str:
    names = [f"s{number}" for number in range(1, len(figure.steps) + 1)]
    labels = zip(names, figure.steps, strict=True)
    lines = ["stateDiagram-v2", *(f'  state "{_label(step)}" as {name}' for name, step in labels)]
    chain = ["[*]", *names, "[*]"]
    return "\n".join([*lines, *(f"  {name} --> {after}" for name, after in pairwise(chain))])


def plantuml_block(figure: Figure) -> str:
    lines = [f'rectangle "{_label(part)}" as {_id(figure, part)}' for part in figure.parts]
    for link in figure.links:
        verb = f" : {link.verb}" if link.verb else ""
        lines.append(f"{_end(figure, link.source)} --> {_end(figure, link.target)}{verb}")
    return _uml(lines)


def plantuml_flowchart(figure: Figure) -> str:
    lines, open_questions = ["start"], 0
    for step in figure.steps:
        if _IF.match(step.name):
            lines.append(f"if ({_question(step)}) then (yes)")
            open_questions += 1
        else:
            lines.append(f":{_label(step)};")
            lines += ["else (no)", "endif"] * open_questions
            open_questions = 0
    return _uml([*lines, *["else (no)", "endif"] * open_questions, "stop"])


def plantuml_sequence(figure: Figure) -> str:
    lines = [f'participant "{_label(part)}" as {_id(figure, part)}' for part in figure.parts]
    for link in figure.links:
        lines.append(f"{_end(figure, link.source)} -> {_end(figure, link.target)} : {link.verb or 'acts on'}")
    return _uml(lines)


def plantuml_class(figure: Figure) -> str:
    lines = [f'class "{_label(part)}" as {_id(figure, part)}' for part in figure.parts]
    for link in figure.links:
        verb = f" : {link.verb}" if link.verb else ""
        lines.append(f"{_end(figure, link.source)} --> {_end(figure, link.target)}{verb}")
    return _uml(lines)


def plantuml_state(figure: Figure) -> str:
    names = [f"s{number}" for number in range(1, len(figure.steps) + 1)]
    lines = [f'state "{_label(step)}" as {name}' for name, step in zip(names, figure.steps, strict=True)]
    chain = ["[*]", *names, "[*]"]
    return _uml([*lines, *(f"{name} --> {after}" for name, after in pairwise(chain))])


SOURCES: dict[tuple[str, str], Callable[[Figure], str]] = {
    ("mermaid", "block"): mermaid_block,
    ("mermaid", "flowchart"): mermaid_flowchart,
    ("mermaid", "sequence"): mermaid_sequence,
    ("mermaid", "class"): mermaid_class,
    ("mermaid", "state"): mermaid_state,
    ("plantuml", "block"): plantuml_block,
    ("plantuml", "flowchart"): plantuml_flowchart,
    ("plantuml", "sequence"): plantuml_sequence,
    ("plantuml", "class"): plantuml_class,
    ("plantuml", "state"): plantuml_state,
}
BROKEN: dict[str, Callable[[str], str]] = {
    "mermaid": lambda source: f"{source}\n  broken[[[",
    "plantuml": lambda source: source.replace("@enduml", "this line cannot be read {\n@enduml"),
}
"""What makes a source one that no renderer draws."""


def _uml(lines: list[str]) -> str:
    return "\n".join(["@startuml", *lines, "@enduml"])


def _id(figure: Figure, part: Part) -> str:
    return f"p{figure.parts.index(part) + 1}"


def _end(figure: Figure, name: str) -> str:
    return next(_id(figure, part) for part in figure.parts if part.name == name)


def _label(part: Part) -> str:
    words = _NOT_IN_LABELS.sub("", part.name).split()[:LABEL_WORDS]
    return " ".join([*words, part.numeral]).strip()


def _question(step: Part) -> str:
    """ "If the token is invalid, the server ..." asks "the token is invalid?"."""
    condition = _IF.sub("", step.name).partition(",")[0]
    return f"{_label(Part(condition, ''))}? {step.numeral}".strip()

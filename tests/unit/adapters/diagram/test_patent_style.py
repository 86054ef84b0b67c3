import re

import pytest
from defusedxml.ElementTree import fromstring

from adapters.diagram.rendering.renderer import Renderer
from adapters.diagram.svg import css
from adapters.diagram.svg.patent import in_patent_style
from adapters.diagram.svg.sanitise import sanitise
from adapters.diagram.svg.tree import NAMESPACE
from adapters.diagram.types import Kind, Language, Style
from tests.unit.adapters.diagram.sources import ONE_OF_EACH, Valid, uml
from tests.unit.adapters.diagram.test_sanitise import assert_harmless

PAINTS = ("fill", "stroke", "color", "background", "background-color", "stop-color")
COLOURED = [
    Valid(
        Language.MERMAID,
        Kind.FLOWCHART,
        "own colours",
        "flowchart TD\nA --> B\nstyle A fill:#f00,color:#0f0",
        "A",
    ),
    Valid(
        Language.PLANTUML, Kind.BLOCK, "own colours", uml("component A #red/blue", "A -[#green]-> B : x"), "A"
    ),
    Valid(Language.PLANTUML, Kind.SEQUENCE, "note", uml("A -[#0000FF]> B : x", "note left #aqua: y"), "A"),
]


def paints(picture: str) -> set[tuple[str, str]]:
    """What every attribute, style and rule paints."""
    root = fromstring(picture)
    found = [(name, value) for element in root.iter() for name, value in element.attrib.items()]
    found += [pair for element in root.iter() for pair in css.declarations(element.get("style", ""))]
    for sheet in root.iter(f"{{{NAMESPACE}}}style"):
        found += [pair for _, pairs in css.rules(sheet.text or "", root.get("id", "")) for pair in pairs]
    return {(name, value.replace("!important", "").strip()) for name, value in found if name in PAINTS}


@pytest.mark.parametrize(
    "case", ONE_OF_EACH + COLOURED, ids=lambda case: f"{case.language}-{case.kind}-{case.name}"
)
async def test_a_patent_drawing_is_black_on_white_and_nothing_else(renderer: Renderer, case: Valid) -> None:
    plain = await renderer.render(case.language, case.source)
    patent = await renderer.render(case.language, case.source, style=Style.PATENT)
    assert {value for _, value in paints(patent)} <= {"#000000", "#ffffff", "none", "inherit"}
    assert {value for name, value in paints(patent) if name == "stroke"} <= {"#000000", "none"}
    assert len({value for _, value in paints(plain)} - {"none"}) > 2
    assert "Gradient" not in patent
    assert "opacity" not in re.sub(r"opacity\W+0\b(?!\.)", "", patent)
    assert case.shows in patent
    assert_harmless(patent)


@pytest.mark.parametrize(
    ("given", "becomes"),
    [
        ('fill="#F1F1F1" stroke="#181818"', 'fill="#ffffff" stroke="#000000"'),
        ('fill="#222222"', 'fill="#000000"'),
        ('fill="#555"', 'fill="#000000"'),
        ('fill="navy"', 'fill="#ffffff"'),
        ('fill="hsl(240, 100%, 96%)"', 'fill="#ffffff"'),
        ('fill="hsl(0, 0%, 10%)"', 'fill="#000000"'),
        ('fill="rgb(10,20,30)"', 'fill="#000000"'),
        ('fill="rgba(10,20,30,0)"', 'fill="none"'),
        ('fill="#00000000"', 'fill="none"'),
        ('fill="none" stroke="red"', 'fill="none" stroke="#000000"'),
        ('stroke="none"', 'stroke="none"'),
        ('stroke-width="0.5"', 'stroke-width="1"'),
        ('stroke-width="3"', 'stroke-width="3"'),
        ('stroke-width="0"', 'stroke-width="0"'),
        ('fill-opacity="0.4" opacity="0"', 'opacity="0"'),
        ('style="fill:#eee;stroke:#999;opacity:.5"', 'style="fill:#ffffff;stroke:#000000"'),
    ],
)
def test_a_colour_becomes_the_nearer_of_black_and_white(given: str, becomes: str) -> None:
    assert f"<rect {becomes} />" in in_patent_style(
        sanitise(f'<svg xmlns="{NAMESPACE}"><rect {given} /></svg>')
    )


def test_text_is_black_whatever_it_was() -> None:
    picture = in_patent_style(
        sanitise(f'<svg xmlns="{NAMESPACE}"><text fill="#fff" style="stroke:red">x</text></svg>')
    )
    assert 'style="fill:#000000!important;stroke:none!important">x</text>' in picture

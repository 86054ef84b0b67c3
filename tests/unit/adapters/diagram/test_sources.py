import pytest

from adapters.diagram.numerals import texts_in
from adapters.diagram.rendering.errors import RenderFailed
from adapters.diagram.rendering.renderer import Renderer
from adapters.diagram.types import Kind, Language, Style
from tests.unit.adapters.diagram.sources import INVALID, ONE_OF_EACH, VALID, Invalid, Valid


def name_of(case: Valid | Invalid) -> str:
    kind = f"-{case.kind}" if isinstance(case, Valid) else ""
    return f"{case.language}{kind}-{case.name.replace(' ', '-')}"


def test_every_kind_is_drawn_in_both_languages() -> None:
    assert {(case.language, case.kind) for case in VALID} == {
        (each, kind) for each in Language for kind in Kind
    }
    assert len(VALID) + len(INVALID) >= 60


@pytest.mark.parametrize("case", VALID, ids=name_of)
async def test_a_valid_source_is_drawn_with_its_labels(renderer: Renderer, case: Valid) -> None:
    svg = await renderer.render(case.language, case.source, kind=case.kind)
    assert case.shows in " ".join(texts_in(svg))


@pytest.mark.parametrize("case", INVALID, ids=name_of)
async def test_an_invalid_source_fails_in_the_renderers_words(renderer: Renderer, case: Invalid) -> None:
    with pytest.raises(RenderFailed, match=case.says) as caught:
        await renderer.render(case.language, case.source)
    if case.line:
        assert caught.value.line == case.line


@pytest.mark.parametrize("case", ONE_OF_EACH, ids=name_of)
async def test_a_source_of_another_kind_than_the_wanted_fails(renderer: Renderer, case: Valid) -> None:
    other = Kind.STATE if case.kind is Kind.SEQUENCE else Kind.SEQUENCE
    with pytest.raises(RenderFailed, match=f"a {other} diagram is wanted"):
        await renderer.render(case.language, case.source, kind=other)


def mermaid_flow(parts: int, lines: int) -> str:
    """Parts of which each is joined to others near and far."""
    drawn = [f'p{number}["part number {number} {2 * number}"]' for number in range(parts)]
    joined = [f'p{number % parts} -->|"drives"| p{7 * number * number % parts}' for number in range(lines)]
    return "\n".join(["flowchart LR", *drawn, *joined])


@pytest.mark.parametrize("style", Style)
async def test_as_many_parts_as_the_prompt_allows_are_drawn(renderer: Renderer, style: Style) -> None:
    svg = await renderer.render(Language.MERMAID, mermaid_flow(parts=20, lines=32), style=style)
    assert sum("part number" in text for text in texts_in(svg)) == 20


async def test_a_diagram_that_is_too_large_says_what_to_do(renderer: Renderer) -> None:
    with pytest.raises(RenderFailed, match="draw fewer parts and lines"):
        await renderer.render(Language.MERMAID, mermaid_flow(parts=150, lines=900))

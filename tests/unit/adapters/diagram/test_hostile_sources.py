from collections.abc import Iterator
from contextlib import suppress

import pytest

from adapters.diagram.rendering.errors import RenderFailed, SourceRefused
from adapters.diagram.rendering.renderer import Renderer
from adapters.diagram.types import Language
from tests.unit.adapters.diagram.hostile import REFUSED_SOURCES, SOURCES
from tests.unit.adapters.diagram.test_sanitise import assert_harmless

HARMLESS = {Language.MERMAID: "flowchart TD\nA --> B", Language.PLANTUML: "@startuml\nA -> B\n@enduml"}


@pytest.fixture(scope="module")
def impatient() -> Iterator[Renderer]:
    renderer = Renderer(limit_s=1.5)
    yield renderer
    renderer.close()


@pytest.mark.parametrize("name", SOURCES)
async def test_a_source_that_means_harm_is_not_drawn_or_drawn_without_it_and_the_next_is(
    impatient: Renderer, name: str
) -> None:
    with suppress(RenderFailed):
        assert_harmless(await impatient.render(*SOURCES[name]))
    assert "<svg" in await impatient.render(SOURCES[name][0], HARMLESS[SOURCES[name][0]])


@pytest.mark.parametrize("name", REFUSED_SOURCES)
async def test_a_source_that_names_something_outside_or_is_too_large_is_refused(
    renderer: Renderer, name: str
) -> None:
    with pytest.raises(SourceRefused):
        await renderer.render(*REFUSED_SOURCES[name])

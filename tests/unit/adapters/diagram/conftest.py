from collections.abc import Iterator

import pytest

from adapters.diagram.rendering.renderer import Renderer


@pytest.fixture(scope="session")
def renderer() -> Iterator[Renderer]:
    renderer = Renderer()
    yield renderer
    renderer.close()

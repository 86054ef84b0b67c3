"""The page on diagrams shows what the task draws."""

import re
from pathlib import Path

import msgspec
import pytest

from adapters.diagram.adapter import DiagramAdapter
from adapters.diagram.numerals import texts_in
from adapters.diagram.rendering.renderer import Renderer
from metering.ports import TaskRequest
from metering.types import Task
from tests.support.spending import CountingSpending

DOCS = Path(__file__).parents[4] / "docs"
PAGE = (DOCS / "diagrams.md").read_text()
QUOTED = " ".join(line.removeprefix("> ") for line in re.findall(r"^> .*$", PAGE, re.MULTILINE))


@pytest.mark.parametrize(
    ("picture", "fields"),
    [
        ("coffee-machine-patent", {"kind": "block", "style": "patent"}),
        ("coffee-machine-steps", {"kind": "flowchart", "language": "plantuml"}),
    ],
)
async def test_a_picture_on_the_page_is_what_the_sandbox_draws_of_the_quoted_text(
    renderer: Renderer, picture: str, fields: dict[str, str]
) -> None:
    assert f"(diagrams/{picture}.svg)" in PAGE
    request = TaskRequest(task=Task.DIAGRAM, input={"description": QUOTED, **fields}, limits={})
    result = msgspec.json.decode(await DiagramAdapter(renderer).execute(request, CountingSpending()))
    shown = (DOCS / "diagrams" / f"{picture}.svg").read_text()
    assert texts_in(shown) == texts_in(result["diagrams"][0]["svg"])

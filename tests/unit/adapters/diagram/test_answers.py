import pytest

from adapters.diagram.answers import Drawing, Plan, View, drawing_complaint, plan_complaint
from adapters.diagram.drawing import PACKAGE
from adapters.diagram.request import DiagramInput
from adapters.diagram.types import Kind
from adapters.prompt import load_prompt
from providers.token_counting import count_tokens

MOST_TOKENS = 1_200


def plan(*views: tuple[str, Kind, str]) -> Plan:
    return Plan(views=tuple(View(title=title, kind=kind, shows=shows) for title, kind, shows in views))


@pytest.mark.parametrize("name", ["diagram_plan", "diagram_source"])
def test_a_prompt_is_short(name: str) -> None:
    assert count_tokens(load_prompt(PACKAGE, name, 1).instructions) <= MOST_TOKENS


@pytest.mark.parametrize(
    ("made", "kind", "says"),
    [
        (plan(("a", Kind.BLOCK, "x")), None, "2 views are wanted, not 1"),
        (plan(("A view", Kind.BLOCK, "x"), ("a  VIEW", Kind.STATE, "y")), None, "the same title"),
        (plan(("a", Kind.BLOCK, "all parts"), ("b", Kind.BLOCK, "All parts")), None, "the same content"),
        (plan(("a", Kind.BLOCK, "x"), ("b", Kind.STATE, "y")), Kind.BLOCK, "'b' is not"),
        (plan(("a", Kind.BLOCK, "x"), ("b", Kind.STATE, "y")), None, ""),
        (plan(("a", Kind.BLOCK, ""), ("b", Kind.BLOCK, "")), Kind.BLOCK, ""),
    ],
)
def test_a_plan_has_as_many_different_views_of_the_kind_as_are_wanted(
    made: Plan, kind: Kind | None, says: str
) -> None:
    complaint = plan_complaint(made, DiagramInput(description="x", count=2, kind=kind))
    assert says in complaint
    assert bool(says) == bool(complaint)


def test_a_drawing_is_of_the_kind_that_is_wanted() -> None:
    drawing = Drawing(title="x", kind=Kind.STATE, source="x")
    assert drawing_complaint(drawing, Kind.STATE) == drawing_complaint(drawing, None) == ""
    assert drawing_complaint(drawing, Kind.BLOCK) == "The kind is block, not state."

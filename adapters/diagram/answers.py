"""The shapes of the answers that the model is asked for, and what is wrong with one."""

from collections import Counter
from typing import Annotated

from msgspec import Meta, Struct

from adapters.diagram.request import MAX_COUNT, DiagramInput
from adapters.diagram.types import Kind

Short = Annotated[str, Meta(min_length=1, max_length=200)]


class Part(Struct, frozen=True, kw_only=True):
    """A part or a step, by the text's name for it, and its reference numeral."""

    name: Short
    numeral: Annotated[str, Meta(max_length=12)] = ""


Parts = Annotated[tuple[Part, ...], Meta(max_length=60)]


class View(Struct, frozen=True, kw_only=True):
    """What one of the diagrams shows."""

    title: Short
    kind: Kind
    shows: Annotated[str, Meta(max_length=2_000)] = ""


class Plan(Struct, frozen=True, kw_only=True):
    """The answer to `diagram_plan`."""

    views: Annotated[tuple[View, ...], Meta(max_length=MAX_COUNT)]
    parts: Parts = ()


class Drawing(Struct, frozen=True, kw_only=True):
    """The answer to `diagram_source`."""

    title: Short
    kind: Kind
    source: Annotated[str, Meta(min_length=1, max_length=100_000)]
    parts: Parts = ()


def plan_complaint(plan: Plan, wanted: DiagramInput) -> str:
    """What is wrong with a plan, or ""."""
    if len(plan.views) != wanted.count:
        return f"{wanted.count} views are wanted, not {len(plan.views)}."
    for what, texts in (
        ("title", [view.title for view in plan.views]),
        ("content", [view.shows for view in plan.views if view.shows]),
    ):
        text, times = (
            Counter(" ".join(text.casefold().split()) for text in texts).most_common(1)[0]
            if texts
            else ("", 0)
        )
        if times > 1:
            return f"Two views have the same {what}: {text!r}."
    other = next((view for view in plan.views if wanted.kind not in (None, view.kind)), None)
    return f"Each view is of kind {wanted.kind}, and {other.title!r} is not." if other else ""


def drawing_complaint(drawing: Drawing, wanted: Kind | None) -> str:
    """What is wrong with a drawing before it is drawn, or ""."""
    if wanted is not None and drawing.kind is not wanted:
        return f"The kind is {wanted}, not {drawing.kind}."
    return ""

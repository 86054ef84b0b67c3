"""The diagram task (`LLM3_DIAGRAM`): a description or claims in, drawings as source and SVG out.

1. For several diagrams, the model plans the views, so that no two are the same, and numbers the parts once for all.
2. For each, it writes a source, which is drawn; what the renderer objects to goes back to it.
3. What was drawn counts as a file and is handed out; what could not be drawn is named in a sentence.
"""

from collections.abc import AsyncGenerator, Sequence

from adapters.ask import ask, question
from adapters.diagram.answers import Part, Plan, View, plan_complaint
from adapters.diagram.drawing import PACKAGE, Diagram, Draughtsman, NotDrawn, source_question
from adapters.diagram.rendering.renderer import CannotDraw, Renderer
from adapters.diagram.request import DiagramInput, read_input
from adapters.events import Event, EventAdapter
from adapters.prompt import load_prompt
from metering.errors import (
    InputTooLarge,
    LimitExceeded,
    MeteringUnavailable,
    RefusedByVendor,
    VendorError,
)
from metering.ports import AllowanceSpent, Body, Spending, TaskRequest
from metering.types import ModelClass, Task

PLAN_TOKENS = 2_000
OF_ONE = (AllowanceSpent, InputTooLarge, LimitExceeded, MeteringUnavailable, RefusedByVendor, VendorError)
"""What leaves one diagram out, and not those that are drawn: they are paid for."""


class NoDiagram(VendorError):
    """None of the sources that the model wrote could be drawn.

    `reasons` are sentences for the caller alone: they may quote the caller's text, so the message does not hold them.
    """

    def __init__(self, reasons: Sequence[str], *, is_out_of_steps: bool, has_tried: bool = True) -> None:
        """`has_tried`: there was a source."""
        why = "the model wrote no source that the renderer takes" if has_tried else "there was no source"
        limit = ", with all steps that the request may take (rule agent_max_steps)" if is_out_of_steps else ""
        super().__init__(f"No diagram could be drawn: {why}{limit}.", retryable=True)
        self.reasons = tuple(reasons)


class DiagramAdapter(EventAdapter):
    """Implements metering's LLMAdapter."""

    supported_tasks = frozenset({Task.DIAGRAM})
    supported_model_classes = frozenset({ModelClass.BASE_M, ModelClass.PRO_M})

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer

    def opening(self, request: TaskRequest) -> Body:
        """The plan's request, or the source's if there is one diagram. Raises InvalidRequest."""
        wanted = read_input(request.input, request.limits)
        return source_question(wanted) if wanted.count == 1 else plan_question(wanted)

    async def events(self, request: TaskRequest, allowance: Spending) -> AsyncGenerator[Event, None]:
        wanted = read_input(request.input, request.limits)
        views: Sequence[View | None] = (None,)
        parts: Sequence[Part] = ()
        if wanted.count > 1:
            plan = await ask(
                allowance, plan_question(wanted), Plan, check=lambda plan: plan_complaint(plan, wanted)
            )
            views, parts = plan.views, plan.parts
            yield {"event": "diagrams_planned", "titles": [view.title for view in plan.views]}
        draughtsman = Draughtsman(wanted, allowance, self._renderer, parts)
        diagrams: list[Diagram] = []
        warnings: list[str] = []
        failure: Exception | None = None
        has_tried = False
        for number, view in enumerate(views, 1):
            done = 100 * (number - 1) // len(views)
            title = view.title if view else None
            yield {"event": "diagram_started", "progress": done, "number": number, "title": title}
            try:
                diagram = await _drawn(draughtsman, allowance, view, steps_kept=len(views) - number)
            except NotDrawn as error:
                has_tried = True
                warnings.append(_left_out(number, view, str(error)))
                yield {"event": "diagram_failed", "number": number, "message": warnings[-1]}
            except CannotDraw:
                raise  # nor can it draw any other
            except OF_ONE as error:
                failure = error
                warnings.append(_left_out(number, view, str(error)))
                yield {"event": "diagram_failed", "number": number, "message": warnings[-1]}
            else:
                diagrams.append(diagram)
                yield {"event": "diagram_finished", "number": number, "title": diagram.title}
        if not diagrams:
            if failure is not None and not isinstance(failure, AllowanceSpent):
                raise failure
            raise NoDiagram(warnings, is_out_of_steps=not allowance.steps_left, has_tried=has_tried)
        yield {
            "event": "result",
            "progress": 100,
            "id": allowance.id,
            "diagrams": diagrams,
            "warnings": warnings,
            "usage": allowance.usage(),
        }


def plan_question(wanted: DiagramInput) -> Body:
    """The request for the views of several diagrams."""
    kind = wanted.kind or "what suits the text"
    wish = f"count: {wanted.count}\nkind: {kind}\nstyle: {wanted.style}\nlanguage: {wanted.language}"
    given = {**wanted.texts, "wish": wish}
    return question(load_prompt(PACKAGE, "diagram_plan", 1), given, Plan, max_tokens=PLAN_TOKENS)


async def _drawn(
    draughtsman: Draughtsman, allowance: Spending, view: View | None, *, steps_kept: int
) -> Diagram:
    """A diagram that counts as a file; no step is spent on one that may not be handed out."""
    if not allowance.files_left:
        raise NotDrawn("no further file may be handed out")
    if not allowance.steps_left:
        raise AllowanceSpent("no step is left for it")
    diagram = await draughtsman.draw(view, steps_kept=steps_kept)
    await allowance.add_file()
    return diagram


def _left_out(number: int, view: View | None, reason: str) -> str:
    name = f"Diagram {number} ({view.title})" if view else f"Diagram {number}"
    return f"{name} is left out: {reason.rstrip('.')}."

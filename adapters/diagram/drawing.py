"""One diagram: the model writes its source, the renderer draws it, and what either says goes back until it is right."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from adapters.ask import NO_ROOM, ask, no_room, question
from adapters.diagram.answers import Drawing, Part, View, drawing_complaint
from adapters.diagram.numerals import numerals_complaint
from adapters.diagram.rendering.errors import RenderFailed
from adapters.diagram.rendering.renderer import Renderer
from adapters.diagram.request import DiagramInput
from adapters.diagram.types import Kind, Language, Style
from adapters.prompt import load_prompt
from metering.ports import Body, Spending

PACKAGE = "adapters.diagram"
MAX_TOKENS = 3_000
ATTEMPTS = 6
"""Sources of one diagram that are tried, where the steps allow it."""


class Diagram(Struct, frozen=True, kw_only=True):
    """One that is handed out."""

    title: str
    kind: Kind
    language: Language
    source: str
    svg: str


class NotDrawn(Exception):
    """No source could be drawn with the attempts or steps there were; the message says what was wrong with the last."""


class Refused(Struct, frozen=True, kw_only=True):
    """A source that was not good enough."""

    source: str
    objection: str
    attempt: int


def source_question(
    wanted: DiagramInput, view: View | None = None, parts: Sequence[Part] = (), last: Refused | None = None
) -> Body:
    """The request for a diagram's source. `view` and `parts` come from a plan, `last` is the source before."""
    kind = view.kind if view else wanted.kind
    wish = [
        f"language: {wanted.language}",
        f"style: {wanted.style}",
        f"kind: {kind or 'what suits the text'}",
    ]
    wish.append(f"attempt: {last.attempt + 1 if last else 1}")
    given = {**wanted.texts, "wish": "\n".join(wish)}
    if view:
        given["view"] = f"{view.title}\n{view.shows}"
    if parts:
        given["parts"] = msgspec.json.encode(parts).decode()
    if last:
        given |= {"last_source": last.source, "objection": last.objection}
    return question(load_prompt(PACKAGE, "diagram_source", 1), given, Drawing, max_tokens=MAX_TOKENS)


class Draughtsman:
    """Draws what one request wants."""

    def __init__(
        self, wanted: DiagramInput, allowance: Spending, renderer: Renderer, parts: Sequence[Part]
    ) -> None:
        self._wanted = wanted
        self._allowance = allowance
        self._renderer = renderer
        self._parts = parts

    async def draw(self, view: View | None, *, steps_kept: int) -> Diagram:
        """Raises NotDrawn, and what `ask` raises. `steps_kept` are left for what comes after it."""
        kind = view.kind if view else self._wanted.kind
        last: Refused | None = None
        objection = ""
        for attempt in range(1, ATTEMPTS + 1):
            body = source_question(self._wanted, view, self._parts, last)
            try:
                drawing = await ask(
                    self._allowance,
                    body,
                    Drawing,
                    check=lambda answer: drawing_complaint(answer, kind),
                    steps_kept=steps_kept,
                )
            except NO_ROOM:
                if last is None:
                    raise
                objection = no_room(objection)
                break
            svg, objection = await self._rendered(drawing)
            if not objection:
                title = view.title if view else drawing.title
                return Diagram(
                    title=title,
                    kind=drawing.kind,
                    language=self._wanted.language,
                    source=drawing.source,
                    svg=svg,
                )
            last = Refused(source=drawing.source, objection=objection, attempt=attempt)
            if self._allowance.steps_left <= steps_kept:
                break
        raise NotDrawn(objection)

    async def _rendered(self, drawing: Drawing) -> tuple[str, str]:
        """The picture, and what is wrong with it, or ""."""
        wanted = self._wanted
        try:
            svg = await self._renderer.render(
                wanted.language, drawing.source, kind=drawing.kind, style=wanted.style
            )
        except RenderFailed as error:
            return "", f"It cannot be drawn: {error}"
        if wanted.style is not Style.PATENT:
            return svg, ""
        return svg, self._other_numeral(drawing) or numerals_complaint(
            svg, drawing.parts, wanted.texts.values()
        )

    def _other_numeral(self, drawing: Drawing) -> str:
        planned = {part.name.casefold(): part.numeral for part in self._parts}
        for part in drawing.parts:
            numeral = planned.get(part.name.casefold(), part.numeral)
            if numeral != part.numeral:
                return f"In all diagrams it is {part.name} {numeral}, not {part.name} {part.numeral}."
        return ""

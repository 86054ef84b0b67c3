"""What the diagram task is asked for, read strictly."""

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct

from adapters.diagram.types import Kind, Language, Style
from adapters.strict_input import read_strictly
from metering.errors import InvalidRequest, OverTaskLimit

MAX_TEXT = 2_000_000
MAX_CLAIMS = 500
MAX_COUNT = 20
"""Diagrams of one request, where no rule says less."""
LIMIT = "diagram_files_per_req"
STEPS = ("agent_max_steps", "max_steps")
LEAST_STEPS = 2
"""For several diagrams: one plans them, one writes a source."""
Text = Annotated[str, Meta(max_length=MAX_TEXT)]


class DiagramInput(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a request."""

    description: Text | None = None
    claims: Text | Annotated[list[Text], Meta(max_length=MAX_CLAIMS)] | None = None
    kind: Kind | None = None
    """None: what suits the text."""
    language: Language = Language.MERMAID
    count: Annotated[int, Meta(ge=1, le=MAX_COUNT)] = 1
    style: Style = Style.DEFAULT

    @property
    def texts(self) -> dict[str, str]:
        """What shall be drawn, by name."""
        claims = self.claims if isinstance(self.claims, str | None) else "\n".join(self.claims)
        named = {"description": self.description, "claims": claims}
        return {name: text for name, text in named.items() if text and text.strip()}


def read_input(body: Mapping[str, Any], limits: Mapping[str, int]) -> DiagramInput:
    """Raises InvalidRequest, naming the field, and the limit if there is one."""
    wanted = read_strictly(body, DiagramInput)
    if not wanted.texts:
        raise InvalidRequest("A description or claims are needed: what shall be drawn?", param="description")
    allowed = limits.get(LIMIT)
    if allowed is not None and wanted.count > allowed:
        raise OverTaskLimit(
            f"count: {wanted.count} diagrams are more than {LIMIT} allows in one request ({allowed}).",
            param="count",
            source=LIMIT,
        )
    for rule in STEPS:
        if wanted.count > 1 and limits.get(rule, LEAST_STEPS) < LEAST_STEPS:
            raise InvalidRequest(
                f"count: {wanted.count} diagrams need {LEAST_STEPS} steps at least, and {rule} allows "
                f"{limits[rule]}; ask for one at a time.",
                param="count",
            )
    return wanted

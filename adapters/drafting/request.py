"""What the drafting task is asked for, read strictly."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from adapters.drafting.sections import Code, Jurisdiction
from adapters.strict_input import read_strictly
from metering.errors import InvalidRequest

MAX_TEXT = 2_000_000
MAX_ITEMS = 500
KEPT = ("disclosure", "claims", "drawings", "prior_art", "jurisdiction")
"""What a draft is begun with."""
Text = Annotated[str, Meta(max_length=MAX_TEXT)]
Texts = Annotated[list[Text], Meta(max_length=MAX_ITEMS)]


class DraftInput(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a request."""

    disclosure: Text | None = None
    claims: Text | Texts | None = None
    """They stand in the draft as they are; without any the model writes them."""
    drawings: Texts = []
    prior_art: Texts = []
    sections: Annotated[list[Code], Meta(min_length=1, max_length=len(Code))] | None = None
    """None: all of them. In a draft that is there, the ones to write now, anew if they are written."""
    jurisdiction: Jurisdiction | None = None
    """None: US."""
    draft_id: UUID | None = None
    """A draft to go on with. What it was begun with stays."""


def read_input(body: Mapping[str, Any]) -> DraftInput:
    """Read the body of a request. Raises InvalidRequest, naming the field at fault."""
    wanted = read_strictly(body, DraftInput)
    if wanted.draft_id is None and not (wanted.disclosure or "").strip():
        raise InvalidRequest("A disclosure is needed: what was invented?", param="disclosure")
    if wanted.draft_id is not None:
        given = [name for name in KEPT if getattr(wanted, name)]
        if given:
            raise InvalidRequest(
                f"{given[0]}: a draft keeps what it was begun with; leave it out, or begin another draft.",
                param=given[0],
            )
    return wanted

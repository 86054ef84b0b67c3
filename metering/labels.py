"""Who and what a call belongs to: the labels that a reservation and each of its attempts carry.

A new label is one line here. The columns, the checks and the reports follow; a label of the caller's own is also read
from the request's metadata and headers. `makemigrations` writes the columns' migration.
"""

from typing import Annotated, get_args, get_type_hints
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from metering.tags import MAX_TAG

MAX_LENGTH = 128


class Label(Struct, frozen=True):
    """How one label is stored and reported."""

    report: str = ""
    """What reports call it. Empty: they do not show it."""
    groups: bool = True
    """Whether a report can add usage up by it."""
    is_shared: bool = False
    """Whether it means the same in every tenant; else two tenants' usage is never added up under it."""
    length: int = MAX_LENGTH
    is_uuid: bool = False
    is_optional: bool = False
    """Whether a call may lack it (None)."""
    is_list: bool = False
    """Whether a call may have several: reports count such a call in each of their groups."""


class CallerLabels(Struct, frozen=True, kw_only=True, array_like=True):
    """The caller's own names for what a call belongs to."""

    agent_id: Annotated[str | None, Label("agent")] = None
    microdao_id: Annotated[str | None, Label("microdao")] = None
    channel_id: Annotated[str | None, Label("channel")] = None
    conversation_id: Annotated[str | None, Label("conversation")] = None
    trace_id: Annotated[str | None, Label("trace", groups=False)] = None
    tags: Annotated[tuple[str, ...], Label("tag", length=MAX_TAG)] = ()
    """In their one form (metering/tags.py)."""


class Labels(CallerLabels, frozen=True, kw_only=True, array_like=True):
    """All labels of a call but its tenant, which the ledger keeps apart."""

    team_id: Annotated[UUID | None, Label("team")] = None
    user_id: Annotated[UUID | None, Label("user")] = None
    token_id: Annotated[UUID | None, Label("token")] = None
    task: Annotated[str, Label("task", is_shared=True, length=32)]
    request_id: Annotated[str, Label()]
    request_model: Annotated[str, Label("model", is_shared=True)] = ""
    model_class: Annotated[str, Label("class", is_shared=True, length=16)] = ""
    provider_name: Annotated[str, Label("provider", is_shared=True, length=64)] = ""
    model_alias: Annotated[str | None, Label("alias", groups=False)] = None
    """The alias or the class that was asked for, where it was not a model."""


def _declared(labels: type[CallerLabels]) -> dict[str, Label]:
    found: dict[str, Label] = {}
    for name, hint in get_type_hints(labels, include_extras=True).items():
        kind, label = get_args(hint)
        kinds = get_args(kind) or (kind,)
        found[name] = replace(
            label,
            groups=label.groups and bool(label.report),
            is_uuid=UUID in kinds,
            is_optional=type(None) in kinds,
            is_list=Ellipsis in kinds,
        )
    return found


_CALLERS = _declared(CallerLabels)
CALLER_LABELS = {name: label for name, label in _CALLERS.items() if not label.is_list}
"""The caller's own that are one text each."""
_ALL = _declared(Labels)
LABELS = {name: label for name, label in _ALL.items() if name not in _CALLERS} | _CALLERS
"""Every label by its column, the caller's own last."""

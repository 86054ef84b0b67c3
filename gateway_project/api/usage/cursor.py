"""Where a page of usage ended, as an opaque cursor."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from rest_framework.request import Request

from gateway_project.api.keyset import cursor_of
from metering.errors import NotFound
from metering.usage.groups import OF_ONE_TENANT, After

TYPES: dict[str, Callable[[str], Any]] = {
    "day": date.fromisoformat,
    "tenant": UUID,
    "team": UUID,
    "user": UUID,
    "token": UUID,
}
"""What a group in a cursor must be; any text else."""


class Cursor(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """The group that was shown last."""

    by: str
    group: str | None
    tenant_id: UUID | None


def after_cursor(request: Request, by: str) -> After | None:
    """Raises NotFound for a cursor that was not ours, or another grouping's."""
    cursor = cursor_of(request, Cursor)
    if cursor is None:
        return None
    try:
        group = TYPES.get(by, str)(cursor.group) if cursor.group is not None else None
    except ValueError:
        raise NotFound("Invalid cursor.") from None
    if cursor.by != by or "\0" in (cursor.group or "") or (by in OF_ONE_TENANT and cursor.tenant_id is None):
        raise NotFound("Invalid cursor.")
    return After(group=group, tenant_id=cursor.tenant_id)


def cursor_after(after: After, by: str) -> Cursor:
    """For the next page."""
    group = None if after.group is None else str(after.group)
    return Cursor(by=by, group=group, tenant_id=after.tenant_id)

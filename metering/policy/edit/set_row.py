"""Writes a rule or a budget: finds it by its natural key or makes it, changes it, and records the change."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import QuerySet

from metering.audit import record_change
from metering.errors import InvalidRequest, NotFound
from metering.models import Budget, PolicyRule, Task
from metering.types import MODES

Row = TypeVar("Row", Budget, PolicyRule)


def set_row(
    rows: QuerySet[Row],
    *,
    key: Mapping[str, Any],
    values: Mapping[str, object],
    action: str,
    actor: str,
    now: datetime,
) -> tuple[Row, bool]:
    """Bring the row to these values. Returns it, and whether it is new. Equal values are no change and not recorded.

    `rows` have to lock for update. Raises InvalidRequest if there are several such rows, which the catalog and the
    console can make.
    """
    try:
        row, created = rows.get_or_create(**key, defaults={**values, "created_at": now})
    except rows.model.MultipleObjectsReturned:
        noun = rows.model._meta.verbose_name
        raise InvalidRequest(
            f"There are several such {noun}s, in different modes; switch all but one off."
        ) from None
    before = {name: getattr(row, name) for name in values}
    if created or before != values:
        rows.model._default_manager.filter(pk=row.pk).update(**values)
        row.refresh_from_db()
        record_change(
            action=action,
            actor=actor,
            target=row,
            tenant_id=row.tenant_id,
            now=now,
            facts={**_identity(key), "before": None if created else before, "after": values},
        )
    return row, created


def identity_of(row: Budget | PolicyRule) -> dict[str, object]:
    """Whom a row is for and what it is about, as the audit trail keeps it."""
    names = (
        ("scope", "scope_id", "per", "task_id", "model_class_id", "dimension", "window", "set_by")
        if isinstance(row, Budget)
        else ("scope", "scope_id", "task_id", "key", "conditions", "priority", "set_by")
    )
    return _identity({name: getattr(row, name) for name in names})


def value_of(row: Budget | PolicyRule) -> dict[str, object]:
    """What a row says, as the audit trail keeps it."""
    return {"amount": row.amount, "hard": row.hard} if isinstance(row, Budget) else {"value": row.value}


def _identity(key: Mapping[str, Any]) -> dict[str, object]:
    named = {name.removesuffix("_id") if name != "scope_id" else name: value for name, value in key.items()}
    return {name: value for name, value in named.items() if name != "tenant" and value not in (None, "", {})}


def check_manner(mode: str | None, enforce_percent: int | None) -> None:
    """Raise InvalidRequest unless a row can be enforced like this; None is not checked."""
    if mode is not None and mode not in MODES:
        raise InvalidRequest(f"mode must be one of {', '.join(MODES)}, not {mode!r}.", param="mode")
    if enforce_percent is not None and not 0 <= enforce_percent <= 100:
        raise InvalidRequest("enforce_percent must be from 0 to 100.", param="enforce_percent")


def check_task_exists(code: str | None) -> None:
    """Raise NotFound unless there is such a task, or none is named."""
    if code is not None and not Task.objects.filter(code=code).exists():
        raise NotFound(f"There is no task {code!r}.", param="task")

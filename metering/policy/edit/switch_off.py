"""Switches a rule or a budget off. The row stays, because the ledger refers to it."""

from datetime import datetime
from typing import TypeVar

from django.db import transaction

from metering.audit import record_change
from metering.models import Budget, PolicyRule
from metering.policy.edit.may_edit import OPERATOR, Editor, check_may_change
from metering.policy.edit.set_row import identity_of, value_of

R = TypeVar("R", bound=PolicyRule | Budget)


@transaction.atomic
def switch_off(*, row: R, actor: str, now: datetime, editor: Editor = OPERATOR) -> R:
    """Switch the row off, so that it counts for nothing from the next call on, and return it. Again changes nothing.

    Raises NotPermitted for a row that is not the editor's to lift.
    """
    check_may_change(editor, row)
    locked: R = type(row)._default_manager.select_for_update(of=("self",)).get(pk=row.pk)  # type: ignore[assignment]
    if locked.is_active:
        locked.is_active = False
        locked.save(update_fields=["is_active"])
        record_change(
            action="rule.switched_off" if isinstance(row, PolicyRule) else "budget.switched_off",
            actor=actor,
            target=locked,
            tenant_id=locked.tenant_id,
            now=now,
            facts={**identity_of(locked), "before": value_of(locked)},
        )
    return locked

"""Sets a policy rule: the one verb behind the command and the API."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from metering.errors import InvalidRequest
from metering.models import PolicyRule
from metering.policy.edit.may_edit import OPERATOR, Editor, check_may_set_rule, check_room, hold_room
from metering.policy.edit.set_row import check_manner, check_task_exists, set_row
from metering.policy.edit.target import PolicyTarget
from metering.rules.read_conditions import check_conditions
from metering.rules.registry import REGISTRY, check_rule
from metering.rules.rule import MAX_PRIORITY
from metering.types import EnforcementMode

_INTEGER = re.compile(r"-?\d{1,20}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """The rule after the change, and whether it is new."""

    rule: PolicyRule
    created: bool


def parse_value(key: str, text: str) -> int | str:
    """Read a value as somebody typed it: a whole number if the key takes one, else the text."""
    spec = REGISTRY.get(key)
    is_number = spec is not None and not (spec.choices or spec.is_keys)
    return int(text) if is_number and _INTEGER.fullmatch(text) else text


@transaction.atomic
def set_rule(
    *,
    target: PolicyTarget,
    key: str,
    value: object,
    actor: str,
    now: datetime,
    task: str | None = None,
    when: Mapping[str, object] | None = None,
    mode: str = EnforcementMode.ENFORCE,
    enforce_percent: int = 100,
    priority: int = 0,
    is_active: bool = True,
    editor: Editor = OPERATOR,
) -> RuleSet:
    """Give one key a value. The same target, key, task, conditions and priority again change the rule.
    What an operator set and what the tenant set are two rules.

    Raises InvalidRequest, with a sentence that says what would be valid, NotFound for an unknown task, and NotPermitted
    for what the editor may not set.
    """
    check_may_set_rule(editor, target, key)
    conditions = dict(when or {})
    _check(target, key, value, task, conditions, mode, enforce_percent, priority)
    values = {
        "value": REGISTRY[key].stored(value),
        "mode": mode,
        "enforce_percent": enforce_percent,
        "is_active": is_active,
    }
    hold_room(editor)
    rule, created = set_row(
        PolicyRule.objects.select_for_update(of=("self",)),
        key={
            **target.columns,
            "task_id": task,
            "key": key,
            "conditions": conditions,
            "priority": priority,
            "set_by": editor.set_by.value,
        },
        values=values,
        action="rule.set",
        actor=actor,
        now=now,
    )
    check_room(editor, rule)
    return RuleSet(rule=rule, created=created)


def _check(
    target: PolicyTarget,
    key: str,
    value: object,
    task: str | None,
    conditions: dict[str, object],
    mode: str,
    enforce_percent: int,
    priority: int,
) -> None:
    try:
        check_rule(key, value, task, target.scope)
    except ValueError as error:
        raise InvalidRequest(str(error), param="value") from error
    try:
        check_conditions(conditions, timezone=target.tenant.timezone if target.tenant is not None else "UTC")
    except ValueError as error:
        raise InvalidRequest(str(error), param="when") from error
    check_manner(mode, enforce_percent)
    if not -MAX_PRIORITY <= priority <= MAX_PRIORITY:
        raise InvalidRequest(f"priority must be from {-MAX_PRIORITY} to {MAX_PRIORITY}.", param="priority")
    check_task_exists(task)

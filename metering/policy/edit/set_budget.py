"""Set a budget by hand."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.db import transaction

from metering.errors import InvalidRequest, NotFound
from metering.models import Budget, ModelClass
from metering.money import nano_from_usd
from metering.policy.edit.may_edit import OPERATOR, Editor, check_may_set_budget, check_room, hold_room
from metering.policy.edit.set_row import check_manner, check_task_exists, set_row
from metering.policy.edit.target import PolicyTarget
from metering.rules.budgets import DIMENSIONS, SUBJECTS, WINDOWS
from metering.thresholds import VALID_THRESHOLDS, are_valid
from metering.types import MAX_AMOUNT, Dimension, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetSet:
    """The budget as it is now, and whether it is new."""

    budget: Budget
    created: bool


@transaction.atomic
def set_budget(
    *,
    target: PolicyTarget,
    dimension: str,
    window: str,
    amount: str,
    actor: str,
    now: datetime,
    task: str | None = None,
    model_class: str | None = None,
    soft: bool = False,
    mode: str | None = None,
    enforce_percent: int | None = None,
    thresholds: list[int] | None = None,
    per: str | None = None,
    is_active: bool = True,
    editor: Editor = OPERATOR,
) -> BudgetSet:
    """Cap one dimension in one window. The same target, dimension, window, task and class again changes its amount.
    What an operator set and what the tenant set are two budgets.

    `amount` is US dollars for cost, a whole number for everything else; it counts from the next call on.
    `per` is whose use is counted, which only the gateway's and a plan's budgets leave open.
    What is None stays as it is; a new budget is enforced for everybody, with the default thresholds.
    Raises InvalidRequest for a word or an amount that makes no sense, NotFound for an unknown task or class, and
    NotPermitted for what the editor may not set.
    """
    check_may_set_budget(editor, target)
    _check_word("dimension", dimension, DIMENSIONS)
    _check_word("window", window, WINDOWS)
    check_task_exists(task)
    if model_class is not None and not ModelClass.objects.filter(pk=model_class).exists():
        raise NotFound(f"There is no model class {model_class!r}.", param="class")
    values = {
        "amount": parse_amount(dimension, amount),
        "hard": not soft,
        "is_active": is_active,
        **_manner(mode, enforce_percent, thresholds),
    }
    hold_room(editor)
    budget, created = set_row(
        Budget.objects.select_for_update(),
        key={
            **target.columns,
            "per": _counted(target, per),
            "task_id": task,
            "model_class_id": model_class,
            "dimension": dimension,
            "window": window,
            "set_by": editor.set_by.value,
        },
        values=values,
        action="budget.set",
        actor=actor,
        now=now,
    )
    check_room(editor, budget)
    return BudgetSet(budget=budget, created=created)


def _counted(target: PolicyTarget, per: str | None) -> str:
    """Return whose use is counted. Raises InvalidRequest if the scope says otherwise."""
    if per is None:
        return target.per.value
    if target.scope not in (Scope.GLOBAL, Scope.PLAN) and per != target.per:
        raise InvalidRequest(f"A {target.scope} budget counts the {target.scope} itself.", param="per")
    if target.scope is Scope.PLAN and per not in SUBJECTS:
        raise InvalidRequest(f"A plan's budget counts one of {', '.join(SUBJECTS)}.", param="per")
    return per


def parse_amount(dimension: str, text: str) -> int:
    """Read an amount exactly, in the ledger's units: nano-USD for cost. Raises InvalidRequest."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    is_cost = dimension == Dimension.COST
    if value.is_finite() and 0 <= value <= MAX_AMOUNT:
        units = nano_from_usd(value) if is_cost else int(value)
        if units <= MAX_AMOUNT and Decimal(units).scaleb(-9 if is_cost else 0) == value:
            return units
    expected = "US dollars with at most nine decimals" if is_cost else "a whole number"
    raise InvalidRequest(f"The amount must be {expected}, from 0, not {text!r}.", param="amount")


def _manner(mode: str | None, enforce_percent: int | None, thresholds: list[int] | None) -> dict[str, object]:
    """Check and return those of the three that are given. Raises InvalidRequest."""
    check_manner(mode, enforce_percent)
    if thresholds is not None and not are_valid(thresholds):
        raise InvalidRequest(f"thresholds must be {VALID_THRESHOLDS}.", param="thresholds")
    manner = {"mode": mode, "enforce_percent": enforce_percent, "thresholds": thresholds}
    return {name: value for name, value in manner.items() if value is not None}


def _check_word(param: str, word: str, known: list[str]) -> None:
    if word not in known:
        raise InvalidRequest(f"{word!r} is not a {param}; there are {', '.join(known)}.", param=param)

"""Limits in force as rows: value, whose it is, what it takes the place of, and what is used of it now."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from admin_console.budgets.rows import bar_of
from admin_console.parts import Cell, Column, Row
from admin_console.wording import amount_of
from admin_console.words import dimension_word, key_word, scope_word, task_word, value_word, window_word
from metering.overview.budgets import BudgetLine
from metering.simulation.effective_limits import EffectiveLimit, SetBy
from metering.types import Dimension, EnforcementMode

COLUMNS = (
    Column(key="limit", title="Limit"),
    Column(key="value", title="At most", is_number=True),
    Column(key="now", title="Now"),
    Column(key="by", title="Set by", hides="mid"),
)
MODES = {EnforcementMode.WARN: "only warns", EnforcementMode.OBSERVE: "only noted"}


def rows_of(limits: Iterable[EffectiveLimit], use: Mapping[UUID, BudgetLine]) -> list[Row]:
    """`use` is what is used of budgets and of calls at once, by the budget or rule."""
    return [_row(limit, use) for limit in limits]


def use_by_limit(lines: Iterable[BudgetLine]) -> dict[UUID, BudgetLine]:
    """The fullest meter of each budget or rule."""
    found: dict[UUID, BudgetLine] = {}
    for line in lines:  # the nearest its limit first
        found.setdefault(line.status.limit.set_by, line)
    return found


def _row(limit: EffectiveLimit, use: Mapping[UUID, BudgetLine]) -> Row:
    line = use.get(limit.set_by.id) if limit.set_by.id is not None else None
    title = title_of(limit)
    return Row(
        cells=(
            Cell(text=title, small=_about(limit)),
            Cell(text=value_of(limit, limit.set_by), small=MODES.get(limit.mode, "")),
            _now(line, title),
            Cell(text=who(limit.set_by), small=_instead(limit)),
        )
    )


def title_of(limit: EffectiveLimit) -> str:
    """`Tokens out`, `Cost a day`."""
    if not limit.is_budget:
        return key_word(limit.key)
    dimension, _, window = limit.key.partition("/")
    return f"{dimension_word(dimension)} {window_word(window)}".capitalize()


def value_of(limit: EffectiveLimit, by: SetBy) -> str:
    """`8,000 tokens`, `$5.00`."""
    if limit.is_budget:
        dimension = limit.key.partition("/")[0]
        return amount_of(dimension, int(by.value))
    return value_word(limit.key, by.value)


def who(by: SetBy) -> str:
    """Whose rule or budget it is: `plan PRO`, `team research`, `usual`."""
    return {"built in": "usual", "everyone": "the gateway"}.get(by.name, by.name)


def _about(limit: EffectiveLimit) -> str:
    tasks = ", ".join(task_word(task) for task in limit.tasks)
    counted = f"of {limit.counted_for if ' ' in limit.counted_for else scope_word(limit.counted_for)}"
    models = f"{limit.model_class} models" if limit.model_class else ""
    when = limit.set_by.when and f"now, {limit.set_by.when}"
    return " · ".join(filter(None, (tasks, counted if limit.counted_for else "", models, when)))


def _instead(limit: EffectiveLimit) -> str:
    """`instead of 8,000 tokens (plan PRO)`."""
    if not limit.in_place_of:
        return ""
    other = limit.in_place_of[0]
    return f"instead of {value_of(limit, other)} ({who(other)})"


def _now(line: BudgetLine | None, title: str) -> Cell:
    if line is None:
        return Cell(text="-")
    dimension = line.status.limit.dimension
    words = "in flight" if dimension is Dimension.CONCURRENCY else "used"
    said = f"{amount_of(dimension, line.taken)} {words}, {amount_of(dimension, line.status.remaining)} left"
    return Cell(bar=bar_of(line, title), small=said)


def as_of(limits: Iterable[EffectiveLimit], *, is_budget: bool) -> list[EffectiveLimit]:
    """Budgets, or the others."""
    return [limit for limit in limits if limit.is_budget is is_budget]

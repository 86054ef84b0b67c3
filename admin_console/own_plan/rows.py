"""Limits in force as rows: value, whose it is, what it takes the place of, and what is used of it now."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from admin_console.budgets.rows import bar_of, budget_link
from admin_console.parts import Cell, Column, Row
from admin_console.who import Viewer
from admin_console.wording import amount_of
from admin_console.words import dimension_word, key_word, scope_word, task_word, value_word, window_word
from metering.overview.budgets import BudgetLine
from metering.rules.registry import RATE_SUBJECTS, REGISTRY
from metering.simulation.effective_limits import EffectiveLimit, SetBy
from metering.types import Dimension, EnforcementMode, Scope

COLUMNS = (
    Column(key="limit", title="Limit"),
    Column(key="value", title="At most, and now"),
    Column(key="by", title="Set by"),
)
COUNTED = {
    "": "",
    "tenant": "of the whole tenant together",
    **{f"each {each}": "" for each in RATE_SUBJECTS},  # the limit's name says it
}
MODES = {EnforcementMode.WARN: "only warns", EnforcementMode.OBSERVE: "only noted"}


def rows_of(
    limits: Iterable[EffectiveLimit], use: Mapping[UUID, BudgetLine], owner: str, viewer: Viewer
) -> list[Row]:
    """`use` is what is used of budgets and of calls at once, by the budget or rule; `owner` the tenant's name."""
    return [_row(limit, use, owner, viewer) for limit in limits]


def use_by_limit(lines: Iterable[BudgetLine]) -> dict[UUID, BudgetLine]:
    """The fullest meter of each budget or rule."""
    found: dict[UUID, BudgetLine] = {}
    for line in lines:  # the nearest its limit first
        found.setdefault(line.status.limit.set_by, line)
    return found


def _row(limit: EffectiveLimit, use: Mapping[UUID, BudgetLine], owner: str, viewer: Viewer) -> Row:
    line = use.get(limit.set_by.id) if limit.set_by.id is not None else None
    title = title_of(limit)
    return Row(
        cells=(
            Cell(text=title, small=_about(limit), url=budget_link(line, viewer) if line is not None else ""),
            _value(limit, line, title),
            Cell(text=who(limit.set_by, owner), small=_instead(limit, owner)),
        )
    )


def title_of(limit: EffectiveLimit) -> str:
    """Return the title of a limit: `Tokens out`, `Cost a day`."""
    if not limit.is_budget:
        return key_word(limit.key)
    dimension, _, window = limit.key.partition("/")
    return f"{dimension_word(dimension)} {window_word(window)}".capitalize()


def value_of(limit: EffectiveLimit, by: SetBy) -> str:
    """Return the value of a limit: `8,000 tokens`, `$5.00`."""
    if limit.is_budget:
        dimension = limit.key.partition("/")[0]
        return amount_of(dimension, int(by.value))
    return value_word(limit.key, by.value)


def who(by: SetBy, owner: str) -> str:
    """Whose rule or budget it is: `plan PRO`, `team research`, `usual`."""
    if by.scope is Scope.TENANT:
        return owner
    return {"built in": "usual", "everyone": "the gateway"}.get(by.name, by.name)


def _about(limit: EffectiveLimit) -> str:
    tasks = ", ".join(task_word(task) for task in limit.tasks)
    counted = COUNTED.get(limit.counted_for, f"of the {scope_word(limit.counted_for)}")
    models = f"{limit.model_class} models" if limit.model_class else ""
    when = limit.set_by.when and f"now, {limit.set_by.when}"
    return " · ".join(filter(None, (tasks, counted, models, when)))


def _instead(limit: EffectiveLimit, owner: str) -> str:
    """`instead of 8,000 tokens (plan PRO)`."""
    if not limit.in_place_of:
        return ""
    other = limit.in_place_of[0]
    return f"instead of {value_of(limit, other)} ({who(other, owner)})"


def _value(limit: EffectiveLimit, line: BudgetLine | None, title: str) -> Cell:
    """The value, and what is used of it now where that is counted."""
    value, mode = value_of(limit, limit.set_by), MODES.get(limit.mode, "")
    if line is None:
        return Cell(text=value, small=mode)
    dimension = line.status.limit.dimension
    words = "in flight" if dimension is Dimension.CONCURRENCY else "used"
    said = f"{amount_of(dimension, line.taken)} {words}, {amount_of(dimension, line.status.remaining)} left"
    return Cell(text=value, bar=bar_of(line, title), small=", ".join(filter(None, (said, mode))))


def as_of(limits: Iterable[EffectiveLimit], *, is_budget: bool) -> list[EffectiveLimit]:
    """Budgets, or the others without preferences that nobody has set."""
    return [limit for limit in limits if limit.is_budget is is_budget and not _is_usual_manner(limit)]


def _is_usual_manner(limit: EffectiveLimit) -> bool:
    spec = REGISTRY.get(limit.key)
    return spec is not None and not spec.is_limit and limit.set_by.scope is None

"""A figure card: what it is, how much, beside what, and the way to the rows behind it."""

from collections.abc import Sequence
from dataclasses import dataclass

from admin_console.parts.budget_bar import BudgetBar

WIDTH, HEIGHT = 100, 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Spark:
    """A small line, and the period before it in gray."""

    now: Sequence[int]
    before: Sequence[int] = ()

    @property
    def path(self) -> str:
        return _line(self.now, self._top)

    @property
    def before_path(self) -> str:
        return _line(self.before, self._top)

    @property
    def _top(self) -> int:
        return max((*self.now, *self.before, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """All of the card is the link."""

    label: str
    value: str
    exact: str = ""
    """To the last digit, where `value` is rounded."""
    beside: str = ""
    """Small, behind the value: `of $400.00`."""
    note: str = ""
    """What it is compared with."""
    url: str = ""
    tone: str = ""
    """`warn` or `bad` where the figure itself is bad news; with a word in `note`."""
    bar: BudgetBar | None = None
    spark: Spark | None = None
    name: str = ""
    """For tests and scripts: `data-figure`."""


def _line(values: Sequence[int], top: int) -> str:
    step = WIDTH / max(len(values) - 1, 1)
    points = [f"{index * step:.1f} {HEIGHT - HEIGHT * value / top:.1f}" for index, value in enumerate(values)]
    return f"M{' '.join(points)}" if points else ""

"""A stacked bar chart: an SVG that stretches, axes in HTML that do not, a legend with totals, and the same as a table.

stacked_chart(
    title="Cost a day by model",
    columns=[Day(title="Wed 28 Oct", short="28 Oct", url="…")],
    series=[Series(name="gpt-5", values=[1_500_000_000], url="…")],  # one value a column
    amount=usd,
    average_before=225_780_000_000,
)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import floor, log10

from django.utils.safestring import SafeString

from admin_console.parts.chart_html import bars_html, rows_html

MAX_SERIES = 6
"""More of them become "others"."""
OTHERS = "others"
WIDE, GAP, HIGH = 10, 1, 100
LABELS_UNDER_AXIS = 7
TOPS = (1, 2, 4, 6, 8, 10, 12, 16, 20, 24, 30, 40, 50, 60, 80, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A column of the chart: a day, or an hour."""

    title: str
    short: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    name: str
    values: Sequence[int]
    url: str = ""
    colour: str = ""
    """`s1` to `s7`; given by place if empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A series as its path, and its total in words."""

    series: Series
    path: str
    total: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    title: str
    unit: str
    """What a column is: `Day`."""
    drawn: tuple[Drawn, ...]
    bars: tuple[tuple[Day, int, str], ...]
    """Each column with its left edge and its sentence."""
    width: int
    ticks: tuple[str, ...]
    """From the top down."""
    under: tuple[str, ...]
    before_y: str
    before: str
    table: tuple[tuple[Day, tuple[str, ...], str], ...]
    """The newest column first: its values and its total."""
    totals: tuple[str, ...]
    total: str

    @property
    def hits(self) -> SafeString:
        """For the template: `bars` as HTML."""
        return bars_html(self.bars)

    @property
    def lines(self) -> SafeString:
        """For the template: `table` as HTML."""
        return rows_html(self.table)


def stacked_chart(
    *,
    title: str,
    columns: Sequence[Day],
    series: Sequence[Series],
    amount: Callable[[int], str],
    average_before: int | None = None,
    unit: str = "Day",
) -> Chart:
    """In the order of `series`, the first at the bottom. `amount` writes a value as people read it."""
    shown = _coloured(_folded(series))
    sums = [sum(one.values[index] for one in shown) for index in range(len(columns))]
    top = _nice(max([*sums, average_before or 0, 1]))
    return Chart(
        title=title,
        unit=unit,
        drawn=_drawn(shown, top, amount),
        bars=tuple(
            (column, index * WIDE, f"{column.title}: {amount(sums[index])}")
            for index, column in enumerate(columns)
        ),
        width=max(len(columns), 1) * WIDE,
        ticks=tuple(amount(value).removesuffix(".00") for value in (top, top // 2, 0)),
        under=_under(columns),
        before_y="" if average_before is None else f"{HIGH - HIGH * average_before / top:.1f}",
        before="" if average_before is None else amount(average_before),
        table=tuple(
            (column, tuple(amount(one.values[index]) for one in shown), amount(sums[index]))
            for index, column in reversed(list(enumerate(columns)))
        ),
        totals=tuple(amount(sum(one.values)) for one in shown),
        total=amount(sum(sums)),
    )


def _folded(series: Sequence[Series]) -> list[Series]:
    """The largest as they are, the rest as one."""
    if len(series) <= MAX_SERIES:
        return list(series)
    largest = sorted(series, key=lambda one: sum(one.values), reverse=True)[:MAX_SERIES]
    kept = [one for one in series if one in largest]
    rest = [one for one in series if one not in largest]
    values = [sum(column) for column in zip(*(one.values for one in rest), strict=True)]
    return [*kept, Series(name=f"{len(rest)} {OTHERS}", values=values, colour="s7")]


def _coloured(series: Sequence[Series]) -> list[Series]:
    taken = {one.colour for one in series}
    free = iter([f"s{number}" for number in range(1, MAX_SERIES + 1) if f"s{number}" not in taken])
    return [one if one.colour else replace(one, colour=next(free, "s7")) for one in series]


def _drawn(series: Sequence[Series], top: int, amount: Callable[[int], str]) -> tuple[Drawn, ...]:
    floors = [0.0] * max((len(one.values) for one in series), default=0)
    drawn = []
    for one in series:
        pieces = []
        for index, value in enumerate(one.values):
            height = HIGH * value / top
            if height > 0:
                bottom = HIGH - floors[index]
                left, wide = index * WIDE + GAP, WIDE - 2 * GAP
                pieces.append(f"M{left} {bottom:.2f}h{wide}v-{height:.2f}h-{wide}z")
                floors[index] += height
        drawn.append(Drawn(series=one, path="".join(pieces), total=amount(sum(one.values))))
    return tuple(drawn)


def _nice(largest: int) -> int:
    """The axis' top: a round number just above, whose half is round as well."""
    power = 10 ** max(floor(log10(largest)) - 1, 0)
    return next((step * power for step in TOPS if step * power >= largest), 100 * power)


def _under(columns: Sequence[Day]) -> tuple[str, ...]:
    """Seven labels at most, evenly spread, the first and the last among them."""
    if len(columns) <= LABELS_UNDER_AXIS:
        return tuple(column.short for column in columns)
    step = (len(columns) - 1) / (LABELS_UNDER_AXIS - 1)
    return tuple(columns[round(index * step)].short for index in range(LABELS_UNDER_AXIS))

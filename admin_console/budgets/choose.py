"""Which budgets the address asks for, and the filters that the page offers."""

from collections.abc import Callable, Mapping, Sequence

from django.http import QueryDict

from admin_console.parts import Choice, FilterBar, Select, with_query
from admin_console.words import dimension_word, window_word
from metering.overview.budgets import BudgetLine
from metering.thresholds import WARNING_PERCENT

SHOWN = 300
"""Rows on a page; filters show the others."""
STATES: dict[str, tuple[str, Callable[[BudgetLine], bool]]] = {
    "80": (f"Over {WARNING_PERCENT} %", lambda line: line.status.percent >= WARNING_PERCENT),
    "forecast": ("Will be used up", lambda line: line.will_be_used_up),
    "override": ("With override", lambda line: bool(line.status.override)),
}


def chosen_lines(query: QueryDict, lines: Sequence[BudgetLine]) -> list[BudgetLine]:
    """Those that meet every filter; a filter that nobody knows chooses nothing."""
    dimension, window, state = (query.get(name, "") for name in ("dimension", "window", "state"))
    is_so = STATES[state][1] if state in STATES else lambda line: not state
    return [
        line
        for line in lines
        if dimension in ("", line.status.limit.dimension)
        and window in ("", line.status.limit.window)
        and is_so(line)
    ]


def filter_bar(query: QueryDict, lines: Sequence[BudgetLine], tenants: Mapping[str, str]) -> FilterBar:
    """`tenants` are those whom the viewer may choose from."""
    dimensions = sorted({line.status.limit.dimension for line in lines})
    windows = sorted({line.status.limit.window for line in lines})
    selects = [
        Select(
            name="dimension",
            label="Limit on",
            any_label="Anything",
            choices=tuple(Choice(value=each, label=dimension_word(each)) for each in dimensions),
        ),
        Select(
            name="window",
            label="Window",
            any_label="Any",
            choices=tuple(Choice(value=each, label=window_word(each)) for each in windows),
        ),
    ]
    if tenants:
        choices = tuple(Choice(value=slug, label=name) for slug, name in sorted(tenants.items()))
        selects.insert(0, Select(name="tenant", label="Tenant", choices=choices))
    return FilterBar.of(
        query, selects=tuple(selects), search="Whom or what", switches=_switches(query, lines)
    )


def _switches(query: QueryDict, lines: Sequence[BudgetLine]) -> tuple[Choice, ...]:
    state = query.get("state", "")
    every = Choice(
        value="", label=f"All {len(lines)}", url=with_query(query, state=None), is_chosen=not state
    )
    return (
        every,
        *(
            Choice(
                value=name,
                label=f"{label} {sum(map(is_so, lines))}",
                url=with_query(query, state=name),
                is_chosen=state == name,
            )
            for name, (label, is_so) in STATES.items()
        ),
    )

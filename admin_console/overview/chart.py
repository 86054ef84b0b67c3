"""What was spent over 30 days, stacked."""

from datetime import date, tzinfo

from django.http import QueryDict

from admin_console.links import days, to_page
from admin_console.overview.cards import short_range
from admin_console.parts import Chart, Choice, Day, Series, stacked_chart, with_query
from admin_console.wording import change, day, short_day, usd
from metering.overview.overview import Overview
from metering.reports.names import in_address

TITLES = {"model": "model", "tenant": "tenant", "user": "person", "team": "team", "task": "task"}


def cost_chart(facts: Overview, kept: dict[str, str]) -> Chart:
    """Each bar leads to its day in Explore, each series to what it is of."""
    explored, stack = facts.chart, facts.stack
    columns = [
        Day(title=day(each), short=short_day(each), url=to_page("explore", group=stack, **days(each), **kept))
        for each in explored.buckets
        if isinstance(each, date)
    ]
    series = [
        Series(
            name=each.name,
            values=[int(value or 0) for value in each.values],
            colour="s7" if each.is_others else "",
            url="" if each.is_others or each.value is None else _of(stack, each.value, each.name, kept),
        )
        for each in explored.series
    ]
    return stacked_chart(
        title=f"Cost a day by {TITLES[stack]}, last 30 days",
        columns=columns,
        series=series,
        amount=usd,
        average_before=explored.before.cost_nano_usd // max(len(columns), 1),
    )


def headline(facts: Overview, zone: tzinfo) -> str:
    """`$7,596.55, ▲ 12.2 % against 28 Sep to 27 Oct ($6,773.42)`."""
    explored = facts.chart
    now, before = explored.total.cost_nano_usd, explored.before.cost_nano_usd
    against = short_range(*explored.days_before(zone))
    return f"{usd(now)}, {change(now, before)} against {against} ({usd(before)})"


def stack_switch(query: QueryDict, facts: Overview, stacks: tuple[str, ...]) -> tuple[Choice, ...]:
    return tuple(
        Choice(
            value=each,
            label=TITLES[each].capitalize(),
            url=with_query(query, by=each),
            is_chosen=each == facts.stack,
        )
        for each in stacks
    )


def _of(stack: str, value: object, name: str, kept: dict[str, str]) -> str:
    return to_page("explore", range="30d", **{**kept, stack: in_address(stack, value, name)})

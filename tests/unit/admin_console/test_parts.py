from django.http import QueryDict

from admin_console.parts import (
    Attempt,
    Column,
    Day,
    FilterBar,
    Series,
    Table,
    Waterfall,
    budget_bar,
    sort_key,
    stacked_chart,
)
from admin_console.wording import count

COLUMNS = (
    Column(key="who", title="Who", sorts=True),
    Column(key="cost", title="Cost", is_number=True, sorts=True),
    Column(key="note", title="Note"),
)


def bar(used: int, held: int = 0, *, forecast: int | None = None) -> object:
    return budget_bar(title="Alder", used=used, held=held, limit=100, amount=count, forecast=forecast)


def test_a_bar_says_in_words_what_it_shows() -> None:
    assert bar(60, 5, forecast=90).sentence == (
        "Alder: 60 used, 5 held, 35 left of 100; forecast at its reset 90"
    )


def test_a_bars_colour_follows_what_is_used_and_not_what_is_held() -> None:
    assert [bar(used, 20).tone for used in (79, 80, 94, 95)] == ["", "near", "near", "full"]


def test_a_bar_of_a_budget_of_nothing_is_full() -> None:
    nothing = budget_bar(title="Alder", used=0, held=0, limit=0, amount=count)
    assert (nothing.used, nothing.held, nothing.tone) == ("100.0%", "0.0%", "full")


def test_used_and_held_together_never_leave_the_bar() -> None:
    over = bar(90, 40, forecast=130)
    assert (over.used, over.held, over.is_over, over.forecast) == ("90.0%", "10.0%", True, "")


def test_a_charts_table_has_its_numbers_and_their_sums() -> None:
    chart = stacked_chart(
        title="Calls a day",
        columns=[Day(title="Mon", short="M"), Day(title="Tue", short="T")],
        series=[Series(name="a", values=[1, 2]), Series(name="b", values=[3, 4])],
        amount=count,
    )
    assert [(day.title, values, total) for day, values, total in chart.table] == [
        ("Tue", ("2", "4"), "6"),
        ("Mon", ("1", "3"), "4"),
    ]
    assert (chart.totals, chart.total) == (("3", "7"), "10")


def test_the_smallest_of_many_series_become_others_and_nothing_is_lost() -> None:
    series = [Series(name=str(size), values=[size]) for size in (1, 9, 2, 8, 3, 7, 4, 6)]
    chart = stacked_chart(title="", columns=[Day(title="Mon", short="M")], series=series, amount=count)
    assert [each.series.name for each in chart.drawn] == ["9", "8", "3", "7", "4", "6", "2 others"]
    assert chart.total == "40"


def test_a_chart_of_nothing_can_be_drawn() -> None:
    chart = stacked_chart(title="", columns=[], series=[], amount=count)
    assert chart.total == "0"


def test_a_header_sorts_by_its_column_and_once_more_the_other_way() -> None:
    def links(query: str) -> list[tuple[str, str]]:
        table = Table.of(QueryDict(query), columns=COLUMNS, rows=[], default="-cost")
        return [(column.url, column.direction) for column in table.columns]

    assert links("a=1&cursor=9") == [("?a=1&sort=who", ""), ("?a=1&sort=cost", "descending"), ("", "")]
    assert links("sort=who") == [("?sort=-who", "ascending"), ("?sort=-cost", ""), ("", "")]


def test_a_column_that_does_not_sort_is_not_sorted_by() -> None:
    assert sort_key(QueryDict("sort=note"), COLUMNS, default="-cost") == "-cost"
    assert sort_key(QueryDict("sort=-who"), COLUMNS, default="-cost") == "-who"


def test_a_chip_takes_back_its_own_filter_alone() -> None:
    query = QueryDict("model=a&model=b&user=x%40y.example&cursor=1")
    chips = FilterBar.of(query, labels={"model": "Model", "user": "User"}).chips
    assert [(chip.text, chip.url) for chip in chips] == [
        ("Model: a", "?model=b&user=x@y.example"),
        ("Model: b", "?model=a&user=x@y.example"),
        ("User: x@y.example", "?model=a&model=b"),
    ]


def test_choosing_a_range_forgets_the_days_of_another() -> None:
    bar = FilterBar.of(QueryDict("range=custom&since=2026-11-01&until=2026-11-02&tag=a=b"), ranges=True)
    assert bar.is_custom
    assert bar.ranges[1].url == "?range=7d&tag=a=b"
    assert bar.kept == (("range", "custom"), ("tag", "a=b"))


def test_attempts_stand_where_they_were_in_time() -> None:
    fall = Waterfall.of(
        [
            Attempt(title="a", small="", start=0, end=1, has_failed=True),
            Attempt(title="b", small="", start=1, first=2, end=4),
        ]
    )
    assert [[(part.kind, part.start, part.length) for part in one.stretches] for one in fall.falls] == [
        [("fail", "0.0%", "25.0%")],
        [("first", "25.0%", "25.0%"), ("", "50.0%", "50.0%")],
    ]

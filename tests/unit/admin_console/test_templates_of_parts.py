"""Every piece can be shown: what its template says is on the page, and nothing is left of template code."""

from django.http import QueryDict
from django.template.loader import render_to_string

from admin_console.parts import (
    Attempt,
    Blast,
    Cell,
    Choice,
    Column,
    Day,
    Empty,
    Figure,
    FilterBar,
    Row,
    Select,
    Series,
    Spark,
    Step,
    Table,
    Waterfall,
    budget_bar,
    stacked_chart,
)
from admin_console.wording import count

BAR = budget_bar(title="Alder", used=60, held=5, limit=100, amount=count, forecast=90, base=80)
TABLE = Table.of(
    QueryDict("sort=-cost"),
    columns=(
        Column(key="who", title="Who", sorts=True),
        Column(key="cost", title="Cost", is_number=True, sorts=True),
    ),
    rows=[
        Row(
            cells=(
                Cell(text="Alder <b>", url="/a/?x=1&y=2", small="Pro"),
                Cell(text="$1.00", exact="$1.0001"),
            )
        )
    ],
    total=(Cell(text="1 tenant"), Cell(text="$1.00", bar=BAR)),
)


def shown(part: str, **context: object) -> str:
    return render_to_string(f"admin_console/parts/{part}.html", context)


def test_a_figure_card_is_one_link_with_its_exact_value() -> None:
    page = shown(
        "figure",
        figure=Figure(
            label="Spent", value="$1.00", exact="$1.0001", url="/x/", bar=BAR, spark=Spark(now=(1, 3))
        ),
    )
    assert page.count("<a ") == 1
    assert 'href="/x/"' in page
    assert 'title="$1.0001"' in page
    assert "60 used, 5 held, 35 left of 100" in page
    assert 'd="M0.0 20.0 100.0 0.0"' in page


def test_a_table_escapes_what_it_shows_and_says_which_column_sorts() -> None:
    page = shown("table", table=TABLE)
    assert "Alder &lt;b&gt;" in page
    assert 'aria-sort="descending"' in page
    assert "<tfoot>" in page


def test_a_table_without_rows_says_what_is_missing() -> None:
    empty = Empty(title="No tenants yet", text="A tenant is a customer.", button="New tenant", url="/new/")
    page = shown("table", table=Table(columns=TABLE.columns, rows=[], empty=empty))
    assert "No tenants yet" in page
    assert 'href="/new/"' in page
    assert "<table" not in page


def test_a_chart_is_readable_as_a_table_and_each_bar_leads_somewhere() -> None:
    chart = stacked_chart(
        title="Calls",
        columns=[Day(title="Mon 2 Nov", short="2 Nov", url="/d/2")],
        series=[Series(name="gpt-5", values=[7], url="/m/")],
        amount=count,
        average_before=5,
    )
    page = shown("stacked_chart", chart=chart)
    assert page.count('href="/d/2"') == 2
    assert 'aria-label="Mon 2 Nov: 7"' in page
    assert "Show as a table" in page


def test_filters_are_a_form_that_keeps_what_it_does_not_change() -> None:
    filters = FilterBar.of(
        QueryDict("range=custom&since=2026-11-01&tenant=alder&model=m"),
        ranges=True,
        selects=(Select(name="tenant", label="Tenant", choices=(Choice(value="alder", label="Alder"),)),),
        labels={"model": "Model"},
    )
    page = shown("filters", filters=filters)
    assert '<option value="alder" selected>' in page
    assert '<input type="hidden" name="model" value="m">' in page
    assert 'name="since" value="2026-11-01"' in page
    assert 'aria-label="Remove the filter Model: m"' in page


def test_a_story_holds_tables_and_a_waterfall() -> None:
    fall = Waterfall.of([Attempt(title="gpt-5", small="OpenAI", start=0, end=2, figure="$0.10")])
    page = shown(
        "story", steps=[Step(time="11:42:08", title="Asked", state="done", table=TABLE, waterfall=fall)]
    )
    assert "From 0.0 to 2.0 seconds, answered" in page
    assert page.count("{") == 0


def test_a_blast_radius_says_whom_it_affects() -> None:
    assert "Tenants affected" in shown(
        "blast", blast=Blast(title="$15 to $12", lines=(("Tenants affected", "2"),))
    )

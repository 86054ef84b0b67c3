"""What each answer to a request would do to the window that is open: a table, reckoned from the forecast."""

from collections.abc import Iterator

from admin_console.parts import Cell, Column, Row, Table
from admin_console.quota.words import more
from admin_console.wording import amount_of
from metering.models import QuotaRequest
from metering.overview.budgets import BudgetLine
from metering.usage.forecast import Forecast

COLUMNS = (
    Column(key="answer", title="Answer"),
    Column(key="limit", title="Limit", is_number=True),
    Column(key="short", title="Short at its reset", is_number=True),
    Column(key="left", title="Left at its reset", is_number=True, hides="mid"),
)


def answers_table(row: QuotaRequest, line: BudgetLine) -> Table | None:
    """Denied, approved as it was asked, and approved by half. None where nothing is foreseen."""
    if line.forecast is None:
        return None
    return Table(
        columns=COLUMNS, rows=list(_rows(row, line, line.forecast)), caption="What each answer would do"
    )


def _rows(row: QuotaRequest, line: BudgetLine, forecast: Forecast) -> Iterator[Row]:
    limit, dimension = line.status.limit.amount, line.status.limit.dimension
    half = row.amount // 2
    answers = [("Deny", 0, False), (f"Approve {more(row.budget, row.amount)}", row.amount, True)]
    if half:
        answers.append((f"Approve {more(row.budget, half)}", half, False))
    for title, added, is_asked in answers:
        room = limit + added - forecast.at_reset
        yield Row(
            cells=(
                Cell(text=title),
                Cell(text=amount_of(dimension, limit + added)),
                Cell(
                    text=amount_of(dimension, -room) if room < 0 else "none", tone="bad" if room < 0 else ""
                ),
                Cell(text=amount_of(dimension, max(0, room))),
            ),
            is_current=is_asked,
        )

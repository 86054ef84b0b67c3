"""The table of budgets."""

from metering.statements.figures import BudgetLine
from metering.statements.table import Table, digits_for, exact
from metering.types import Dimension

DIMENSIONS = {
    Dimension.COST: "cost (US$)",
    Dimension.REQUESTS: "requests",
    Dimension.TOKENS: "tokens",
    Dimension.INPUT_TOKENS: "input tokens",
    Dimension.OUTPUT_TOKENS: "output tokens",
    Dimension.API_CALLS: "searches",
    Dimension.FILES: "files",
    Dimension.STEPS: "steps",
}
WINDOWS = {"month": "in the month", "total": "in total"}


def budget_table(budgets: tuple[BudgetLine, ...]) -> Table:
    costs = [line for line in budgets if line.dimension == Dimension.COST]
    digits = digits_for([value for line in costs for value in (line.limit, line.used, line.left)])

    def amount(line: BudgetLine, value: int) -> str:
        return exact(value, digits) if line.dimension == Dimension.COST else f"{value:,}"

    return Table(
        title="Budgets",
        note="With the limits as they stood when the statement was issued. A soft budget warns and does not stop.",
        columns=("Of", "What", "When", "Limit", "Used", "Left"),
        numbers=3,
        rows=tuple(
            (
                line.whom,
                DIMENSIONS.get(Dimension(line.dimension), line.dimension)
                + (f", {line.task}" if line.task else ""),
                WINDOWS.get(line.window, line.window) + ("" if line.is_hard else ", soft"),
                *(amount(line, value) for value in (line.limit, line.used, line.left)),
            )
            for line in budgets
        ),
        nothing="No budget by the month or in total.",
        wide=(2, 3, 4),
    )

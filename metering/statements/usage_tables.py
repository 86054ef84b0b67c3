"""The tables of what was used: the sums, and the groups that they consist of."""

from metering.statements.figures import Figures, Group, Sums
from metering.statements.table import Table, digits_for, exact


def sums_table(figures: Figures) -> Table:
    usage = figures.usage
    rows = [
        ("Vendors' cost, at their prices", usage.vendor_nano_usd),
        ("Markup", usage.markup_nano_usd),
        ("Discount", usage.discount_nano_usd),
        ("Corrections and credits of this month", usage.corrected_nano_usd),
        ("Corrections and credits of earlier months", figures.earlier.nano_usd),
    ]
    digits = digits_for([nano for _, nano in rows] + [figures.total_nano_usd])
    return Table(
        title="Summary",
        columns=("", "US$"),
        numbers=1,
        rows=tuple((label, exact(nano, digits)) for label, nano in rows),
        total=("Total", exact(figures.total_nano_usd, digits)),
    )


def groups_table(title: str, noun: str, groups: tuple[Group, ...], usage: Sums) -> Table:
    """Return the table of these groups, without columns of which every figure is zero."""
    every = [*(group.sums for group in groups), usage]
    counts = {
        "Requests": [each.requests for each in every],
        "Tokens in": [each.input_tokens for each in every],
        "Tokens out": [each.output_tokens for each in every],
    }
    amounts = {
        "Vendors' cost": [each.vendor_nano_usd for each in every],
        "Markup": [each.markup_nano_usd for each in every],
        "Discount": [each.discount_nano_usd for each in every],
        "Corrected": [each.corrected_nano_usd for each in every],
        "Charged": [each.charged_nano_usd for each in every],
    }
    columns = {name: [f"{each:,}" for each in found] for name, found in counts.items()}
    digits = digits_for([each for found in amounts.values() for each in found])
    for name, found in amounts.items():
        if any(found) or name == "Charged":
            columns[name] = [exact(each, digits) for each in found]
    names = [*(group.name for group in groups), "Total"]
    *rows, total = zip(names, *columns.values(), strict=True)
    return Table(
        title=title,
        columns=(noun, *columns),
        numbers=1,
        rows=tuple(rows),
        total=total if rows else (),
        nothing="Nothing was used.",
        wide=tuple(range(1, len(columns))),
    )

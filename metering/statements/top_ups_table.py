"""The table of credit that was paid beforehand."""

from metering.statements.entries_table import Moments
from metering.statements.figures import TopUps
from metering.statements.table import Table, exact


def top_ups_table(top_ups: TopUps, moment: Moments) -> Table:
    rows = [
        (moment(each.paid_at), each.reference, each.reason, exact(each.nano_usd)) for each in top_ups.shown
    ]
    more = top_ups.count - len(rows)
    return Table(
        title="Prepaid credit",
        note="Paid beforehand: it raises what may be spent in all, and is no part of the amount to pay. "
        "Below zero is what was taken back." + (f" {more:,} more are in the sum." if more else ""),
        columns=("Paid", "Reference", "For", "US$"),
        numbers=3,
        rows=tuple(rows),
        total=("Total", "", "", exact(top_ups.nano_usd)),
        wide=(2,),
    )

"""The sums below a list: of all the rows that its filters choose, up to a bound of rows and of time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet, Sum
from psycopg.errors import QueryCanceled

from admin_console.paginator import BoundedPaginator
from admin_console.wording import count, usd_exact

WITHIN_MS = 1_000
Formatter = Callable[[int | None], str]
USAGE: Mapping[str, tuple[str, Formatter]] = {
    "input_tokens": ("tokens in", count),
    "output_tokens": ("tokens out", count),
    "cost_nano_usd": ("cost", usd_exact),
}
"""What most tables of use add up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What stands below a list. `is_whole`: every row that the filters choose is in the sums."""

    rows: int
    sums: tuple[tuple[str, str], ...]
    is_whole: bool


def totals_of(
    rows: QuerySet[Any], columns: Mapping[str, tuple[str, Formatter]], *, counted: BoundedPaginator
) -> Totals | None:
    """Sums of the newest rows, as many as the list counts; None: it would take too long to add them up.

    The rest of the transaction has no more time for one statement either: what the page shows was read before.
    """
    newest = rows.order_by("-pk").values("pk", *columns)[: counted.count_bound]
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {WITHIN_MS:d}")
            found = newest.aggregate(**{f"sum_{name}": Sum(name) for name in columns})
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        return None
    return Totals(
        rows=counted.count,
        sums=tuple((words, shown(found[f"sum_{name}"] or 0)) for name, (words, shown) in columns.items()),
        is_whole=not counted.is_cut,
    )

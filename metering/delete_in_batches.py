"""Delete many rows, a bounded number in each statement."""

from typing import Any

from django.db.models import QuerySet

BATCH = 5_000


def delete_in_batches(old: "QuerySet[Any]") -> int:
    """How many rows were deleted, with what goes with them. Safe to run any number of times at once."""
    deleted = 0
    while True:
        ids = list(old.values_list("pk", flat=True)[:BATCH])
        deleted += old.order_by().filter(pk__in=ids).delete()[0]
        if len(ids) < BATCH:
            return deleted

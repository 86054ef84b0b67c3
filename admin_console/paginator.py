"""Pages of tables with millions of rows: counted and walked up to a bound, never to the end."""

from typing import Any

from django.core.paginator import Paginator
from django.utils.functional import cached_property

COUNT_BOUND = 10_000


class BoundedPaginator(Paginator):
    """Counts at most COUNT_BOUND rows, which bounds the OFFSET of the last page as well."""

    template_name = "admin_console/pagination.html"
    count_bound = COUNT_BOUND

    @cached_property
    def count(self) -> int:
        # Without order and columns this reads an index, or the first rows of the table.
        rows: Any = self.object_list
        return int(rows.order_by().values("pk")[: self.count_bound].count())

    @property
    def is_cut(self) -> bool:
        """Whether there may be more rows than the pages show."""
        return self.count >= self.count_bound

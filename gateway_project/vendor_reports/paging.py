"""Pages of a report that name the next one: as many as there are, each once."""

from collections.abc import Callable, Iterator
from typing import Any

from gateway_project.vendor_reports.errors import BadReport
from gateway_project.vendor_reports.fields import mapping

MOST_PAGES = 2_000


def pages(ask: Callable[[str], Any], next_of: Callable[[Any], str]) -> Iterator[Any]:
    """Each page that `ask` gets for a cursor, the first for an empty one, until `next_of` names no further one.

    Raises BadReport for a cursor that came before, which would go round in circles, and for too many pages.
    """
    seen: set[str] = set()
    cursor = ""
    for _ in range(MOST_PAGES):
        page = ask(cursor)
        yield page
        cursor = next_of(page)
        if not cursor:
            return
        if cursor in seen:
            raise BadReport("The report names the same page twice.")
        seen.add(cursor)
    raise BadReport(f"The report has more than {MOST_PAGES:,} pages; ask for a shorter time.")


def next_page(page: Any) -> str:
    """As OpenAI and Anthropic name it: `next_page` counts where `has_more` is true."""
    fields = mapping(page, "page")
    cursor = fields.get("next_page")
    return cursor if fields.get("has_more") is True and isinstance(cursor, str) else ""

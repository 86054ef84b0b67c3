"""The trail as CSV: one line for each event."""

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import tzinfo

from metering.audit_trail.entries import entries_of
from metering.audit_trail.read_trail import TrailFilter, whole_trail
from metering.audit_trail.search_trail import has_words
from metering.models import Tenant
from metering.orm import in_report_thread
from metering.usage.csv_text import csv_text

COLUMNS = ("at", "who", "actor", "noun", "target", "sentence", "changes", "action", "tenant", "id")
PAGE = 500
MOST = 100_000
"""Lines of one file. Narrow it by time for more."""


async def trail_as_csv(
    asked: TrailFilter, *, words: Sequence[str] = (), tenant: Tenant | None, zone: tzinfo
) -> AsyncIterator[str]:
    """The head, and then page after page as it is read, for a tenant's people or (None) for operators. Of `words`, in
    small letters, each event has all.
    """
    pages = _pages(asked, words, tenant, zone)
    yield csv_text(COLUMNS, (), header=True)
    while (page := await in_report_thread(next, pages, None)) is not None:
        yield page


def _pages(asked: TrailFilter, words: Sequence[str], tenant: Tenant | None, zone: tzinfo) -> Iterator[str]:
    for events in whole_trail(asked, page=PAGE, most=MOST):
        rows = [
            {
                **{name: getattr(entry, name) for name in COLUMNS if name != "changes"},
                "changes": "; ".join(f"{each.field}: {each.before} → {each.after}" for each in entry.changes),
            }
            for entry in entries_of(events, tenant=tenant, zone=zone)
            if has_words(entry, words)
        ]
        yield csv_text(COLUMNS, rows, header=False)

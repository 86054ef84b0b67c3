"""Reads a page of the audit trail in words, and looks for words in what whoever asks may read of it: its sentences,
not its columns.

A tenant's people so never find an operator by name, whose name they do not read either.
"""

from collections.abc import Sequence
from datetime import tzinfo

from metering.audit_trail.entries import Entry, entries_of
from metering.audit_trail.read_trail import TrailFilter, TrailKey, trail_page
from metering.models import Tenant

BATCH = 500
MOST = 5_000
"""Events that are looked through for one page: an older page goes on behind them."""


def search_trail(
    asked: TrailFilter,
    words: Sequence[str],
    *,
    tenant: Tenant | None,
    zone: tzinfo,
    limit: int,
    after: TrailKey | None = None,
    most: int = MOST,
) -> tuple[list[Entry], TrailKey | None]:
    """At most `limit` entries with every word (in small letters), for a tenant's people or (None) for operators, and
    behind which event the next page begins, if there are more events. Without words, all.
    """
    if not words:
        events, after = trail_page(asked, limit=limit, after=after)
        return entries_of(events, tenant=tenant, zone=zone), after
    found: list[Entry] = []
    batch = min(BATCH, most)
    for _ in range(0, most, batch):
        events, after = trail_page(asked, limit=batch, after=after)
        for entry in entries_of(events, tenant=tenant, zone=zone):
            if not has_words(entry, words):
                continue
            found.append(entry)
            if len(found) == limit:
                is_last = after is None and entry.id == events[-1].pk
                return found, None if is_last else TrailKey(entry.at, entry.id)
        if after is None:
            return found, None
    return found, after


def has_words(entry: Entry, words: Sequence[str]) -> bool:
    """Whether every word stands in the entry as it is read."""
    changes = (f"{each.field} {each.before} {each.after}" for each in entry.changes)
    text = "\n".join((entry.sentence, entry.target, entry.noun, entry.tenant, *changes)).lower()
    return all(word in text for word in words)

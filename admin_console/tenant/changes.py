"""What was changed of a tenant lately, in the sentences of its audit trail."""

from dataclasses import dataclass
from datetime import tzinfo

from admin_console.wording import when
from metering.audit_trail.entries import entries_of
from metering.audit_trail.read_trail import TrailFilter, trail_page
from metering.models import Tenant

SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLine:
    sentence: str
    at: str


def changes_of(tenant: Tenant, *, zone: tzinfo, is_operator: bool) -> tuple[ChangeLine, ...]:
    """The newest first. A tenant's people do not read which operator it was."""
    events, _ = trail_page(TrailFilter(tenant=tenant), limit=SHOWN)
    entries = entries_of(events, tenant=None if is_operator else tenant, zone=zone)
    return tuple(ChangeLine(sentence=entry.sentence, at=when(entry.at, zone)) for entry in entries)

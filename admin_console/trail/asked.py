"""Which part of the trail an address asks for: `range`, `since`, `until`, `person`, `noun`, `tenant`, `q`,
`sort`, and a cursor.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from django.utils.timezone import now

from admin_console.filters_in_url import filters_in_url
from admin_console.reach import tenant_in_url
from admin_console.who import Viewer
from metering.audit_trail.nouns import NOUNS
from metering.audit_trail.read_trail import TrailFilter, TrailKey
from metering.ids import BEGINNING, END
from metering.reports.buckets import Days

OLDEST = "when"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedTrail:
    """What is shown, and what of the address cannot be."""

    filter: TrailFilter
    days: Days
    problems: tuple[str, ...]


def asked_trail(request: HttpRequest, viewer: Viewer) -> AskedTrail:
    """Within the viewer's reach. Raises Http404 for a tenant that is unknown or not the viewer's."""
    tenant = tenant_in_url(request, viewer)
    chosen = filters_in_url(request.GET, viewer, now=now())
    noun = request.GET.get("noun", "")
    problems = list(chosen.problems)
    if noun and noun not in NOUNS:
        problems.append(f"“{noun[:32]}” is not known here; there are {', '.join(NOUNS)}.")
        noun = ""
    trail = TrailFilter(
        tenant=tenant,
        person=request.GET.get("person", "")[:254],
        noun=noun,
        since=chosen.days.since,
        until=chosen.days.until,
        oldest_first=request.GET.get("sort") == OLDEST,
    )
    return AskedTrail(filter=trail, days=chosen.days, problems=tuple(problems))


def cursor_in_url(request: HttpRequest) -> TrailKey | None:
    """Behind which event the page begins; the newest for what is no cursor."""
    moment, _, identifier = request.GET.get("cursor", "").partition("_")
    try:
        at, id_ = datetime.fromisoformat(moment), UUID(identifier)
    except ValueError:
        return None
    return TrailKey(at, id_) if at.tzinfo is not None and BEGINNING <= at < END else None


def written(key: TrailKey) -> str:
    """A cursor as it stands in an address."""
    return f"{key.at.isoformat()}_{key.id}"

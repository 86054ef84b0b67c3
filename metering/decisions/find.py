"""From the id of a request, as its answer had it, to the decision about it.

Each row knows the ids of its first requests (MOST_REQUESTS of a principal, rule and minute). Of a flood's others an id
that the gateway made (a UUIDv7) still tells its moment: it leads to the floods of that moment.
"""

from datetime import timedelta
from hashlib import blake2b
from uuid import UUID

from django.db.models import Q, QuerySet

from metering.decisions.write import MOST_REQUESTS
from metering.ids import first_id_at, moment_of
from metering.models import DecisionRequest, PolicyDecision

SLOW = timedelta(minutes=1)
"""So long before the decision a request may have begun."""


def request_digest(request_id: str) -> int:
    """A signed 64-bit digest, as PostgreSQL's bigint holds it."""
    return int.from_bytes(
        blake2b(request_id.encode("utf-8", "replace"), digest_size=8).digest(), "big", signed=True
    )


def about_request(decisions: QuerySet[PolicyDecision], request_id: str) -> QuerySet[PolicyDecision]:
    """Those of the decisions that were about the request, or are of the floods of its moment."""
    known = DecisionRequest.objects.filter(digest=request_digest(request_id)).values("decision_id")
    found = decisions.filter(Q(pk__in=known) | Q(request_id=request_id))
    if found.exists():
        return found
    return decisions.filter(_floods_at(request_id))


def _floods_at(request_id: str) -> Q:
    try:
        identifier = UUID(request_id)
    except ValueError:
        return Q(pk__in=[])
    moment = moment_of(identifier)
    if moment is None:
        return Q(pk__in=[])
    return Q(
        count__gt=MOST_REQUESTS,
        pk__gte=first_id_at(moment - 2 * SLOW),
        pk__lt=first_id_at(moment + 2 * SLOW),
        first_at__lte=moment + SLOW,
        last_at__gte=moment,
    )

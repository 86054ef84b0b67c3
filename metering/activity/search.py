"""From any id, name or text of a call to its line of the log. Each way is a look into an index, or a bounded one.

A request's id that the gateway made (a UUIDv7) tells its moment: its call lies within MOST_LATE behind it, and is found
along the primary key. One that the caller chose has an index of its own, and so have trace ids, conversations and
idempotency keys (of calls that ended lately: those of others are free again).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from metering.activity.asked import Asked
from metering.activity.labels import label_lookup
from metering.activity.line import LogLine
from metering.activity.log import in_time
from metering.activity.logged import logged_calls_of
from metering.activity.refusals import line_of as line_of_refusal
from metering.activity.refusals import refused
from metering.activity.unlogged import STATES, unlogged
from metering.activity.unlogged import line_of as line_of_unlogged
from metering.decisions.find import about_request
from metering.decisions.told import told_to_tenant
from metering.identity.tokens.secret import is_well_formed, prefix_of
from metering.ids import family_of, first_id_at, moment_of
from metering.models import ATIToken, PolicyDecision, TaskJob, Tenant, UsageLog, User
from metering.models.usage import GATEWAYS_OWN_ID

MOST_FOUND = 50
EARLIER, SOON, MOST_LATE = timedelta(seconds=5), timedelta(minutes=1), timedelta(minutes=15)
MOST_TENANTS = 5_000
MAX_TEXT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a text leads to: lines of the log, newest first, or a label that the log is to be narrowed to."""

    lines: tuple[LogLine, ...] = ()
    column: str = ""
    """Of the label; empty: none."""
    value: object = None
    name: str = ""
    """What people call the label's value."""


def find(text: str, within: Asked) -> Found:
    """What the text leads to, of what `within` allows. Raises InvalidRequest where the search takes too long."""
    text = text.strip()[:MAX_TEXT]
    if not text:
        return Found()
    if is_well_formed(text):
        text = prefix_of(text)  # a whole secret was pasted: no more of it is used, shown or kept
    with in_time():
        return _person(text, within) or _token(text, within) or _rows(text, within) or _talk(text, within)


def lines_of(within: Asked, ids: list[UUID]) -> list[LogLine]:
    """The lines of these calls and refusals, newest first."""
    logged = logged_calls_of(within, ids)
    known = {line.id for line in logged}
    states = [state for pair in STATES.values() for state in pair]
    waiting = unlogged(within).filter(pk__in=ids, state__in=states)
    denied: Iterable[PolicyDecision] = refused(within).filter(pk__in=ids).defer("trace")
    if within.tenant is not None:
        denied = told_to_tenant(denied)
    rest = [line_of_unlogged(row) for row in waiting if row.pk not in known]
    found = [*logged, *rest, *map(line_of_refusal, denied)]
    return sorted(found, key=lambda line: line.id, reverse=True)


def _person(text: str, within: Asked) -> Found | None:
    if "@" not in text:
        return None
    if "token_id" in dict(within.only):
        return None
    people = User.objects.filter(email__iexact=text)
    if within.tenant is not None:
        people = people.filter(tenant=within.tenant)
    own = dict(within.only)
    person = people.filter(Q(pk=own["user_id"])).first() if "user_id" in own else people.first()
    return None if person is None else Found(column="user_id", value=person.pk, name=person.email)


def _token(text: str, within: Asked) -> Found | None:
    tokens = ATIToken.objects.filter(prefix=text)
    if within.tenant is not None:
        tokens = tokens.filter(tenant=within.tenant)
    own = dict(within.only)
    if own:  # whoever sees only their own calls learns of no other's token
        tokens = tokens.filter(Q(user=own.get("user_id", UUID(int=0))) | Q(pk=own.get("token_id")))
    token = tokens.first()
    return None if token is None else Found(column="token_id", value=token.pk, name=token.prefix)


def _rows(text: str, within: Asked) -> Found | None:
    ids = _by_id(text, within) or _by_text(text, within)
    lines = tuple(lines_of(within, ids)) if ids else ()
    return Found(lines=lines) if lines else None


def _talk(text: str, within: Asked) -> Found:
    if "=" in text and _log(within).filter(label_lookup([("tags", text)])).exists():
        return Found(column="tags", value=text, name=text)
    talk = _log(within).filter(conversation_id=text)
    return Found(column="conversation_id", value=text, name=text) if talk.exists() else Found()


def _by_id(text: str, within: Asked) -> list[UUID]:
    """Return the calls that the id of a reservation, an attempt, an entry, a decision or a job belongs to."""
    try:
        identifier = UUID(text)
    except ValueError:
        return []
    low, high = family_of(identifier)
    calls = list(_log(within).filter(id__range=(low, high)).values_list("reservation_id", flat=True)[:1])
    calls += unlogged(within).filter(id__range=(low, high)).values_list("pk", flat=True)[:1]
    jobs = TaskJob.objects.filter(pk=identifier, reservation_id__isnull=False)
    calls += jobs.values_list("reservation_id", flat=True)
    return calls or list(refused(within).filter(pk=identifier).values_list("pk", flat=True))


def _by_text(text: str, within: Asked) -> list[UUID]:
    """Of a request, a trace or an idempotency key: there may be several calls, and refusals."""
    found = set(_requested(text, within))
    found |= _first(_log(within).filter(trace_id=text))
    keyed = unlogged(within).filter(idempotency_key=text)
    if within.tenant is None:
        # The index is by tenant: one look for each.
        keyed = keyed.filter(tenant_id__in=list(Tenant.objects.values_list("pk", flat=True)[:MOST_TENANTS]))
    found |= set(keyed.values_list("pk", flat=True)[:MOST_FOUND])
    found |= set(about_request(refused(within), text).values_list("pk", flat=True)[:MOST_FOUND])
    return sorted(found, reverse=True)[:MOST_FOUND]


def _requested(text: str, within: Asked) -> set[UUID]:
    try:
        identifier = UUID(text)
    except ValueError:
        identifier = None
    moment = None if identifier is None else moment_of(identifier)
    if moment is None:
        callers_own = ~Q(request_id__regex=GATEWAYS_OWN_ID)
        return _first(_log(within).filter(callers_own, request_id=text)) | _waiting(text, within)
    found: set[UUID] = set()
    for since, until in ((-EARLIER, SOON), (SOON, MOST_LATE)):
        span = {"id__gte": first_id_at(moment + since), "id__lt": first_id_at(moment + until)}
        jobs = TaskJob.objects.filter(request_id=text, reservation_id__isnull=False, **span)
        found |= _first(_log(within).filter(request_id=text, **span)) | _waiting(text, within)
        found |= set(jobs.values_list("reservation_id", flat=True)[:MOST_FOUND])
        if found:
            break
    return found


def _waiting(text: str, within: Asked) -> set[UUID]:
    """Calls under way, and those that were never sent: few, and each state has an index of its own."""
    return {
        pk
        for states in STATES.values()
        for pk in unlogged(within)
        .filter(state__in=states, request_id=text)
        .values_list("pk", flat=True)[:MOST_FOUND]
    }


def _log(within: Asked) -> "QuerySet[UsageLog]":
    rows = UsageLog.objects.filter(label_lookup(within.only)).order_by()
    return rows if within.tenant is None else rows.filter(tenant_id=within.tenant.pk)


def _first(rows: "QuerySet[UsageLog]") -> set[UUID]:
    """Return the calls that the first MOST_FOUND of these attempts belong to."""
    return set(rows.values_list("reservation_id", flat=True)[:MOST_FOUND])

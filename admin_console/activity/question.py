"""What the page is asked for, read from its address: `filters_in_url` and what only a log knows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.http import QueryDict

from admin_console.fields.amount import Unit, read_amount
from admin_console.filters_in_url import Chosen, filters_in_url
from admin_console.who import Viewer
from metering.activity.asked import Asked
from metering.activity.log import MAX_DAYS
from metering.activity.status import Status
from metering.ids import BEGINNING, END
from metering.money import nano_from_usd

DEFAULT_RANGE = "today"
MAX_SPAN = timedelta(days=MAX_DAYS, hours=1)
"""A summer's end is an hour long."""
MOST_ASKED = 1_000_000
"""Dollars, or seconds."""
OF_ANY_ATTEMPT = ("request_model", "provider_name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to show, and what of the address cannot be shown."""

    asked: Asked
    chosen: Chosen
    before: UUID | None
    problems: tuple[str, ...]


def within_reach(viewer: Viewer) -> Asked:
    """All that the viewer may see."""
    own = (("user_id", viewer.user.pk),) if viewer.own_only else ()
    return Asked.within(tenant=viewer.tenant, own=own)


def question_of(query: QueryDict, viewer: Viewer, now: datetime) -> Question:
    """Never fails: what cannot be shown is told of in `problems`."""
    filters = query.copy()
    filters.setdefault("range", DEFAULT_RANGE)
    chosen = filters_in_url(filters, viewer, now=now)
    problems = list(chosen.problems)
    since, until = chosen.days.since, chosen.days.until
    since = _moment(query, "from", since, problems)
    until = min(_moment(query, "to", until, problems), _end_of_hour(now))
    if until - since > MAX_SPAN:
        problems.append(f"At most {MAX_DAYS} days are listed at once: these are the last of the range.")
        since = until - MAX_SPAN
    since = min(since, until)
    cost, slow = _dollars(query, "cost_from", problems), _number(query, "slower_than", problems)
    only = dict(chosen.usage.only)
    asked = Asked(
        tenant=chosen.usage.tenant,
        since=since,
        until=until,
        only=tuple((column, value) for column, value in chosen.usage.only if column not in OF_ANY_ATTEMPT),
        model=str(only.get("request_model", "")),
        provider=str(only.get("provider_name", "")),
        cost_from_nano_usd=None if cost is None else nano_from_usd(cost),
        slower_than_ms=None if slow is None else round(slow * 1000),
    )
    asked = _of_status(asked, query.get("status", ""), problems)
    return Question(asked=asked, chosen=chosen, before=_cursor(query, problems), problems=tuple(problems))


def _end_of_hour(now: datetime) -> datetime:
    """What comes later has no calls, and would leave the bars no room."""
    return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def _moment(query: QueryDict, name: str, usual: datetime, problems: list[str]) -> datetime:
    """Bars lead to a part of the range. What is no moment is left out, and said to be so."""
    written = query.get(name, "")
    if not written:
        return usual
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        problems.append(f"“{written[:40]}” is no moment such as 2026-11-26T13:30:00+00:00.")
        return usual
    if not BEGINNING <= found < END:
        problems.append(f"“{written[:40]}” lies outside of what there is.")
        return usual
    return found


def _dollars(query: QueryDict, name: str, problems: list[str]) -> Decimal | None:
    written = query.get(name, "").strip()
    if not written:
        return None
    try:
        amount = read_amount(written, Unit.DOLLARS)
    except ValueError as error:
        problems.append(str(error))
        return None
    if not 0 <= amount <= MOST_ASKED:
        problems.append(f"“{written}” is not from $0 to ${MOST_ASKED:,}.")
        return None
    return amount


def _number(query: QueryDict, name: str, problems: list[str]) -> Decimal | None:
    written = query.get(name, "").strip().replace(",", "")
    if not written:
        return None
    try:
        number = Decimal(written)
    except InvalidOperation:
        number = Decimal(-1)
    if not number.is_finite() or not 0 <= number <= MOST_ASKED:
        problems.append(f"“{written[:40]}” is no amount such as 0.25.")
        return None
    return number


def _of_status(asked: Asked, written: str, problems: list[str]) -> Asked:
    try:
        return asked.of_status(written) if written else asked
    except ValueError:
        problems.append(f"“{written[:40]}” is no outcome; there are {', '.join(Status)}.")
        return asked


def _cursor(query: QueryDict, problems: list[str]) -> UUID | None:
    written = query.get("cursor", "")
    if not written:
        return None
    try:
        return UUID(written)
    except ValueError:
        problems.append("The address names no line to go on from: this is the newest page.")
        return None

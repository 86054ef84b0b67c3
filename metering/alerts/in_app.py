"""What people find in the console: a notification for everybody who is to know of an alert or a notice.

It is made with the deliveries, in their transaction. The words are kept as they were then, so that a list is read from
one table; whoever may not open the page of alerts is led to the budgets.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from metering.alerts.concerned import person_concerned
from metering.alerts.message import words_of
from metering.alerts.vendor_message import vendor_subject
from metering.models import Notice, Notification, QuotaAlert, User, VendorAlert
from metering.text import shortened
from metering.types import Audience, EventType

Told = QuotaAlert | VendorAlert | Notice
ALERTS, BUDGETS = "/admin/alerts/", "/admin/budgets/"
MAX_SUBJECT, MAX_TEXT = 200, 500
"""What the table holds. Names of people, conversations and vendors' models are as long as callers made them."""


def notifications_of(told: Told, people: Iterable[User], *, now: datetime) -> Iterator[Notification]:
    """A row for each of these people, and for the one whose own budget or token it is about."""
    known = {person.pk: person for person in people}
    concerned = person_concerned(*_subject_of(told))
    if concerned is not None:
        known.setdefault(concerned.pk, concerned)
    facts = _facts(told)
    for person in known.values():
        path = facts["path"]
        if path == ALERTS and person.role == User.Role.MEMBER:
            path = BUDGETS
        yield Notification(**{**facts, "user": person, "path": path, "created_at": now})


def _subject_of(told: Told) -> tuple[str, str]:
    """Whom a meter counts, or what a notice to a tenant's administrators says that it is about."""
    if isinstance(told, QuotaAlert):
        return told.subject_type, told.subject_id
    if isinstance(told, Notice) and told.audience == Audience.TENANT_ADMINS:
        return str(told.data.get("subject_type", "")), str(told.data.get("subject_id", ""))
    return "", ""


def _facts(told: Told) -> dict[str, Any]:
    """Return the fields of a notification that are the same for everybody who gets it."""
    facts = _told(told)
    return {
        **facts,
        "subject": shortened(facts["subject"], MAX_SUBJECT),
        "text": shortened(facts["text"], MAX_TEXT),
    }


def _told(told: Told) -> dict[str, Any]:
    if isinstance(told, Notice):
        return {
            "notice": told,
            "type": told.type,
            "subject": told.subject,
            "text": told.text,
            "path": told.path,
        }
    if isinstance(told, VendorAlert):
        path = f"/admin/metering/vendoralert/{told.pk}/change/"
        type_ = EventType.VENDOR_IMPOSSIBLE_USAGE.value
        return {
            "vendor_alert": told,
            "type": type_,
            "subject": vendor_subject(told),
            "text": "",
            "path": path,
        }
    subject, text = words_of(told)
    return {"alert": told, "type": told.type.value, "subject": subject, "text": text, "path": ALERTS}

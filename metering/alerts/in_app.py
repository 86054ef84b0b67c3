"""What people find in the console: a notification for everybody who is to know of an alert or a notice.

It is made with the deliveries, in their transaction. The words are kept as they were then, so that a list is read from
one table; whoever may not open the page of alerts is led to the budgets.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from metering.alerts.concerned import person_concerned
from metering.alerts.message import words_of
from metering.alerts.vendor_message import vendor_subject
from metering.models import Notice, Notification, QuotaAlert, User, VendorAlert
from metering.types import EventType

ALERTS, BUDGETS = "/admin/alerts/", "/admin/budgets/"
MAX_TEXT = 500


def notifications_of(
    told: QuotaAlert | VendorAlert | Notice, people: Iterable[User], *, now: datetime
) -> Iterator[Notification]:
    """A row for each of these people, and for whose own budget it is."""
    if isinstance(told, Notice):
        facts = {"notice": told, "type": told.type, "subject": told.subject, "text": told.text[:MAX_TEXT]}
        for person in people:
            yield Notification(user=person, path=told.path, created_at=now, **facts)
        return
    if isinstance(told, VendorAlert):
        facts = {"vendor_alert": told, "type": EventType.VENDOR_IMPOSSIBLE_USAGE.value}
        path = f"/admin/metering/vendoralert/{told.pk}/change/"
        for person in people:
            yield Notification(user=person, subject=vendor_subject(told), path=path, created_at=now, **facts)
        return
    subject, text = words_of(told)
    facts = {"alert": told, "type": told.type.value, "subject": subject, "text": text}
    known = {person.pk: person for person in people}
    concerned = person_concerned(told.subject_type, told.subject_id)
    if concerned is not None:
        known.setdefault(concerned.pk, concerned)
    for person in known.values():
        path = BUDGETS if person.role == User.Role.MEMBER else ALERTS
        yield Notification(user=person, path=path, created_at=now, **facts)

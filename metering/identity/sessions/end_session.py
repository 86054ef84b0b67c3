"""Sign a person out."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from metering.models import LoginSession


@transaction.atomic
def end_session(*, session_id: UUID, now: datetime) -> None:
    """None of the session's tokens works any more, on any process within a second. One that has ended stays so."""
    session = LoginSession.objects.select_for_update().filter(pk=session_id, ended_at=None).first()
    if session is not None:
        end_locked(session, LoginSession.Ending.LOGOUT, now)


def end_locked(session: LoginSession, cause: LoginSession.Ending, now: datetime) -> None:
    """End a session whose row the caller has locked."""
    session.ended_at, session.ended_by = now, cause
    session.save(update_fields=["ended_at", "ended_by"])

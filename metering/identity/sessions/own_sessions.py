"""Where a person is signed in, and signing out there."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from metering.audit import record_change
from metering.errors import NotFound
from metering.identity.sessions.end_session import end_locked
from metering.identity.sessions.open_session import MAX_SESSIONS
from metering.models import LoginSession, User


def own_sessions(*, user: User, now: datetime) -> list[LoginSession]:
    """The sessions of the API that go on, the newest first."""
    living = LoginSession.objects.filter(
        user=user, ended_at=None, expires_at__gt=now, auth_hash=user.get_session_auth_hash()
    )
    return list(living.order_by("-created_at", "-id")[:MAX_SESSIONS])


@transaction.atomic
def end_own_session(*, user: User, id: UUID, now: datetime) -> LoginSession:
    """End one, on every process within a second. Raises NotFound for one that is not the person's or has ended."""
    session = LoginSession.objects.select_for_update().filter(pk=id, user=user, ended_at=None).first()
    if session is None:
        raise NotFound("You are not signed in there any more.")
    end_locked(session, LoginSession.Ending.LOGOUT, now)
    record_change(
        action="session.ended",
        actor=user.email,
        target=session,
        tenant_id=session.tenant_id,
        now=now,
        facts={"device": session.device},
    )
    return session

"""Change a refresh token for a new pair. Whoever shows one again later ends the whole session."""

from datetime import datetime, timedelta

from django.db import transaction

from metering.audit import record_change
from metering.errors import InvalidCredential
from metering.identity.check_standing import check_person
from metering.identity.sessions.end_session import end_locked
from metering.identity.sessions.token_pair import RefreshClaims, TokenPair, pair_for, read_refresh_token
from metering.ids import uuid7
from metering.models import LoginSession

AGAIN = timedelta(seconds=30)
"""For so long the same successor is answered to the refresh token before it: its answer may have been lost on the way,
or two windows of one browser may have asked at once."""


def refresh_session(*, refresh: str, now: datetime) -> TokenPair:
    """The next pair; the tokens of before no longer refresh.

    Shown again within `AGAIN`, and while its successor is unused, a refresh token gets that same successor. Otherwise
    it was copied by somebody, and nobody knows who is who: the session ends for all who hold its tokens.
    Raises InvalidCredential, TokenExpired and TenantSuspended.
    """
    claims = read_refresh_token(refresh, now=now)
    pair = _rotate(claims, now)  # commits the end of a session before it is told
    if pair is None:
        raise InvalidCredential(
            "This refresh token was used before, so its session has ended. Sign in again."
        )
    return pair


@transaction.atomic(durable=True)
def _rotate(claims: RefreshClaims, now: datetime) -> TokenPair | None:
    """Returns the next pair, or None if the token was used before."""
    session = (
        LoginSession.objects.select_for_update(of=("self",))
        .select_related("user__tenant", "user__signup_token")
        .filter(pk=claims.session_id)
        .first()
    )
    if session is None or session.ended_at is not None or session.expires_at <= now:
        raise InvalidCredential("This session has ended. Sign in again.")
    is_current = session.refresh_id == claims.refresh_id
    is_previous = session.previous_refresh_id == claims.refresh_id and now - session.refreshed_at <= AGAIN
    if not is_current and not is_previous:
        end_locked(session, LoginSession.Ending.REUSE, now)
        record_change(
            action="session.reuse_detected",
            actor=session.user.email,
            target=session,
            tenant_id=session.tenant_id,
            now=now,
        )
        return None
    if session.auth_hash != session.user.get_session_auth_hash():
        raise InvalidCredential("The password was changed. Sign in again.")
    check_person(session.user, now)
    if is_current:
        session.previous_refresh_id, session.refresh_id, session.refreshed_at = (
            session.refresh_id,
            uuid7(),
            now,
        )
        session.save(update_fields=["previous_refresh_id", "refresh_id", "refreshed_at"])
    return pair_for(session, now=now)

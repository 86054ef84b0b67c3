"""Sign a person in, once the password was checked."""

from datetime import datetime, timedelta

from django.db import transaction

from metering.identity.check_standing import check_person
from metering.identity.sessions.token_pair import TokenPair, pair_for
from metering.models import LoginSession, User

SESSION_LIFE = timedelta(days=30)
"""How long a session can be refreshed. After that the person signs in again."""
MAX_SESSIONS = 20
"""The most sessions of one person. One more ends the oldest."""


def open_session(*, user: User, now: datetime) -> TokenPair:
    """The first tokens of a new session. Raises what `new_session` raises."""
    return pair_for(new_session(user=user, now=now), now=now)


@transaction.atomic
def new_session(*, user: User, now: datetime, device: str = "") -> LoginSession:
    """A session, of the machine with this name if it was signed in from the console. Of this person's others, expired
    ones and the oldest are forgotten.

    Raises InvalidCredential, TokenExpired and TenantSuspended if person, tenant or ATI token are not alive.
    """
    check_person(user, now)
    others = LoginSession.objects.filter(user=user)
    others.filter(expires_at__lte=now).delete()
    oldest = others.order_by("-created_at", "-id").values_list("pk", flat=True)[MAX_SESSIONS - 1 :]
    others.filter(pk__in=list(oldest)).delete()
    session = LoginSession.objects.create(
        user=user,
        tenant_id=user.tenant_id,
        device=device,
        auth_hash=user.get_session_auth_hash(),
        created_at=now,
        refreshed_at=now,
        expires_at=now + SESSION_LIFE,
    )
    user.last_login = now
    user.save(update_fields=["last_login"])
    return session

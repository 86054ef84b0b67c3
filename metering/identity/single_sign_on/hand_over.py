"""Hand an account over to whoever has proven its address: nobody who had it before gets in any longer.

Anybody may sign up, or be created, with an address that is somebody else's. Until an identity provider vouches for the
person, nobody knows who chose the password, who is signed in, and who holds the account's tokens.
"""

from datetime import datetime

from django.contrib.auth.hashers import make_password

from metering.identity.tokens.revoke_token import revoke_token
from metering.models import ATIToken, LoginSession, User


def hand_over(user: User, *, actor: str, now: datetime) -> dict[str, object]:
    """Take the password, the sessions and the tokens of before; how many, for the audit trail. Within a transaction.

    `user` is a locked row. The console's sessions and mails about a forgotten password end with the password.
    """
    had_password = user.has_usable_password()
    user.password = make_password(None)
    user.save(update_fields=["password"])
    sessions = LoginSession.objects.filter(user=user, ended_at=None).update(
        ended_at=now, ended_by=LoginSession.Ending.LOGOUT
    )
    tokens = list(ATIToken.objects.filter(user=user, revoked_at=None))
    for token in tokens:
        revoke_token(token=token, actor=actor, now=now)
    return {"password_removed": had_password, "sessions_ended": sessions, "tokens_revoked": len(tokens)}

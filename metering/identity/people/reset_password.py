"""Choose another password with the token of a mail. Every session of before ends, and every other such token.

Who was locked out for guessing wrong may sign in again: the setting LOCKOUT_RESET names the function, in a project
that locks people out.
"""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from metering.audit import record_change
from metering.identity.people.password import hash_password
from metering.identity.people.reset_token import read_reset_token, used_up
from metering.models import User


def reset_password(*, token: str, password: str, now: datetime) -> None:
    """Raises InvalidRequest for a token that is used up, and for a password that is not good enough; then the token
    can still be used.
    """
    reset = read_reset_token(token, now=now)
    if reset.user is None:
        raise used_up()
    password_hash = hash_password(password, user=reset.user)
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=reset.user.pk)
        if not user.is_active or user.get_session_auth_hash() != reset.auth_hash:
            raise used_up()
        user.password = password_hash
        user.save(update_fields=["password"])
        record_change(
            action="user.password_reset", actor=user.email, target=user, tenant_id=user.tenant_id, now=now
        )
    lockout_reset = getattr(settings, "LOCKOUT_RESET", None)
    if lockout_reset is not None:
        import_string(lockout_reset)(username=user.email)

"""What a person does who has read a machine's short code: look at what asks, and approve or deny it."""

from datetime import datetime
from hmac import compare_digest

from django.db import transaction
from django.db.models import QuerySet

from metering.audit import record_change
from metering.errors import InvalidRequest
from metering.identity.check_standing import check_person
from metering.identity.devices.codes import digest_of_user_code, plain_user_code
from metering.models import DeviceLogin, User


def waiting_login(*, user_code: str, now: datetime) -> DeviceLogin:
    """The request that waits with this code. Raises InvalidRequest, in the same words whatever is wrong."""
    return _found(DeviceLogin.objects.all(), user_code, now)


@transaction.atomic
def decide(*, user_code: str, user: User, approved: bool, now: datetime) -> DeviceLogin:
    """Approve or deny it, once. The machine gets a session of this person's.

    Raises InvalidRequest where nothing waits with this code; InvalidCredential, TokenExpired and TenantSuspended for a
    person who could not sign in either.
    """
    login = _found(DeviceLogin.objects.select_for_update(), user_code, now)
    if approved:
        check_person(user, now)
    login.state = DeviceLogin.State.APPROVED if approved else DeviceLogin.State.DENIED
    login.user, login.decided_at = user, now
    login.auth_hash = user.get_session_auth_hash()
    login.save(update_fields=["state", "user", "decided_at", "auth_hash"])
    record_change(
        action=f"device.{login.state}",
        actor=user.email,
        target=login,
        tenant_id=user.tenant_id,
        now=now,
        facts={"machine": login.machine, "address": login.address},
    )
    return login


def _found(rows: QuerySet[DeviceLogin], user_code: str, now: datetime) -> DeviceLogin:
    letters = plain_user_code(user_code)
    digest = digest_of_user_code(letters or "")
    login = rows.filter(user_code_digest=digest).first() if letters else None
    if (
        login is None
        or not compare_digest(bytes(login.user_code_digest), digest)
        or login.state != DeviceLogin.State.PENDING
        or login.expires_at <= now
    ):
        raise InvalidRequest(
            "Nothing waits with this code. Look at it again, or start anew on the machine: a code works once, "
            "and for ten minutes.",
            param="code",
        )
    return login

"""What a machine does that waits for a person's decision: ask again and again, and fetch its session once."""

from datetime import datetime, timedelta
from hmac import compare_digest

from django.db import transaction

from metering.errors import (
    AuthorizationPending,
    DeviceCodeExpired,
    DeviceLoginDenied,
    MeteringError,
    SlowDown,
)
from metering.identity.devices.codes import digest_of_device_code
from metering.identity.sessions.end_session import end_locked
from metering.identity.sessions.open_session import new_session
from metering.identity.sessions.token_pair import TokenPair, pair_for
from metering.models import DeviceLogin, LoginSession

SLOWER_S = 5
MAX_INTERVAL_S = 60
EARLY = timedelta(seconds=1)
"""So much before its time a poll still counts as in time: the network is not even."""


def approved_login(*, device_code: str, now: datetime) -> DeviceLogin:
    """The request, once a person has approved it.

    Raises AuthorizationPending, SlowDown, DeviceLoginDenied and DeviceCodeExpired. A code whose session was fetched
    before has been copied, or the answer was lost: that session ends, and the code stays used.
    """
    found = _polled(device_code, now)  # commits what it notes before it is told
    if isinstance(found, MeteringError):
        raise found
    return found


@transaction.atomic
def collect(*, login: DeviceLogin, now: datetime) -> TokenPair:
    """The tokens of a new session of the person who approved, once.

    Raises DeviceCodeExpired, and InvalidCredential, TokenExpired and TenantSuspended if person, tenant or ATI token are
    not alive any more.
    """
    rows = DeviceLogin.objects.select_for_update(of=("self",)).select_related(
        "user__tenant", "user__signup_token"
    )
    locked = rows.get(pk=login.pk)
    user = locked.user
    if (
        locked.state != DeviceLogin.State.APPROVED
        or user is None
        or locked.auth_hash != user.get_session_auth_hash()
    ):
        raise _used_up()
    session = new_session(user=user, device=locked.machine, now=now)
    locked.state, locked.session = DeviceLogin.State.USED, session
    locked.save(update_fields=["state", "session"])
    return pair_for(session, now=now)


@transaction.atomic(durable=True)
def _polled(device_code: str, now: datetime) -> DeviceLogin | MeteringError:
    digest = digest_of_device_code(device_code)
    login = DeviceLogin.objects.select_for_update().filter(digest=digest).first()
    if login is None or not compare_digest(bytes(login.digest), digest):
        return _used_up()
    if login.state == DeviceLogin.State.USED:
        _end_session_of(login, now)
        return _used_up()
    if login.expires_at <= now:
        return _used_up()
    if login.state == DeviceLogin.State.DENIED:
        return DeviceLoginDenied("The request was denied in the console.")
    is_early = (
        login.polled_at is not None and now < login.polled_at + timedelta(seconds=login.interval_s) - EARLY
    )
    login.polled_at = now
    if is_early:
        login.interval_s = min(MAX_INTERVAL_S, login.interval_s + SLOWER_S)
    login.save(update_fields=["polled_at", "interval_s"])
    if is_early:
        return SlowDown(f"Ask every {login.interval_s} seconds.", retry_after_s=login.interval_s)
    if login.state == DeviceLogin.State.PENDING:
        return AuthorizationPending("Nobody has decided yet.", retry_after_s=login.interval_s)
    return login


def _end_session_of(login: DeviceLogin, now: datetime) -> None:
    rows = LoginSession.objects.select_for_update().filter(ended_at=None)
    session = rows.filter(pk=login.session_id).first() if login.session_id is not None else None
    if session is not None:
        end_locked(session, LoginSession.Ending.REUSE, now)


def _used_up() -> DeviceCodeExpired:
    """The same refusal for an unknown code, a used one, an old one, and one from before the password changed."""
    return DeviceCodeExpired("This code was used before or has expired. Start anew.", param="device_code")

"""Ask for a machine to be signed in."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection, transaction

from metering.errors import InvalidRequest, Overloaded
from metering.identity.devices.codes import (
    digest_of_device_code,
    digest_of_user_code,
    new_device_code,
    new_user_code,
    plain_user_code,
)
from metering.models import DeviceLogin
from metering.network import counted_address
from metering.too_often import too_often

LIFE = timedelta(minutes=10)
"""How long a person has to decide, and the machine to fetch its session."""
INTERVAL_S = 5
MOST_FROM_ONE_ADDRESS = 20
"""So many requests within `LIFE`, decided or not."""
MOST = 2_000
"""The same of all addresses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedLogin:
    """Both codes, at the only moment when they can be read."""

    device_code: str = field(repr=False)
    user_code: str = field(repr=False)
    expires_in: int
    """Seconds."""
    interval: int
    """Seconds between two polls."""


@transaction.atomic
def start_device_login(*, machine: str, address: str | None, now: datetime) -> StartedLogin:
    """Note the request of a machine that calls itself so. `address` is the caller's on the network, where it is known.

    Raises InvalidRequest for a name that does not show as what it is, RateLimited for too many from one address, and
    Overloaded for too many of all.
    """
    if not machine.isprintable():
        raise InvalidRequest("machine: Leave out what cannot be printed.", param="machine")
    counted = counted_address(address) if address else ""
    with connection.cursor() as cursor:  # one at a time, so that many at once are counted too
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('device logins', 0))")
    _check_room(counted, now)
    device_code, user_code = new_device_code(), _unused_user_code()
    DeviceLogin.objects.create(
        digest=digest_of_device_code(device_code),
        user_code_digest=digest_of_user_code(plain_user_code(user_code) or ""),
        machine=machine,
        address=counted,
        interval_s=INTERVAL_S,
        created_at=now,
        expires_at=now + LIFE,
    )
    return StartedLogin(
        device_code=device_code,
        user_code=user_code,
        expires_in=int(LIFE.total_seconds()),
        interval=INTERVAL_S,
    )


def _unused_user_code() -> str:
    while True:  # codes that were given within a day are still known; hardly one of many millions is
        code = new_user_code()
        digest = digest_of_user_code(plain_user_code(code) or "")
        if not DeviceLogin.objects.filter(user_code_digest=digest).exists():
            return code


def _check_room(address: str, now: datetime) -> None:
    recent = DeviceLogin.objects.filter(expires_at__gt=now)
    if recent.count() >= MOST:
        raise Overloaded("Too many machines wait to be signed in. Try again in a few minutes.")
    if not address:
        return
    of_address = recent.filter(address=address).order_by("created_at")
    times = list(of_address.values_list("created_at", flat=True)[:MOST_FROM_ONE_ADDRESS])
    if len(times) < MOST_FROM_ONE_ADDRESS:
        return
    raise too_often(
        "Too many machines have asked from your network address. Try again in a few minutes.",
        what="device logins",
        scope="address",
        most=MOST_FROM_ONE_ADDRESS,
        within=LIFE,
        first=times[0],
        now=now,
    )

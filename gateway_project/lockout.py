"""Stops whoever guesses passwords for a while, in the API and in the console: by account and address, and by address.

django-axes counts what failed, under the address as everything counts it (`address_for_throttle`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now

from metering.errors import InvalidCredential, InvalidRequest, LimitUsage, RateLimited
from metering.types import Dimension

MOST_FROM_ONE_ADDRESS = 30
"""Failures of all accounts together, within the time that a lockout lasts: an office makes fewer mistakes."""
LOCKED = "Too many wrong passwords. Try again later."
MAX_NAME = 255


class LockoutHandler(AxesDatabaseHandler):  # type: ignore[misc]
    """Counts wrong passwords for each account and address, as django-axes does, and also for the address alone."""

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        locked: bool = super().is_locked(request, credentials)
        return locked or _failures_from(request) >= MOST_FROM_ONE_ADDRESS


def too_many(request: HttpRequest) -> RateLimited:
    """The error for a caller who is stopped; it says by which of the two bounds."""
    from_address = _failures_from(request)
    by_address = from_address >= MOST_FROM_ONE_ADDRESS
    limit: int = MOST_FROM_ONE_ADDRESS if by_address else settings.AXES_FAILURE_LIMIT
    wait: timedelta = settings.AXES_COOLOFF_TIME
    usage = LimitUsage(
        budget="wrong passwords",
        scope="address" if by_address else "user",
        dimension=Dimension.REQUESTS,
        current=limit,
        held=0,
        requested=1,
        limit=limit,
        period=f"{wait.total_seconds() // 60:.0f}m",
    )
    return RateLimited(LOCKED, usage=usage, reset_at=now() + wait, retry_after_s=int(wait.total_seconds()))


@contextmanager
def sign_ups_counted(request: HttpRequest, *, email: str) -> Iterator[None]:
    """Within it a sign-up is tried. One that is refused for what was sent counts as a wrong password does.

    Raises RateLimited where too many were.
    """
    with attempts_counted(request, name=f"sign-up {email.lower()}"):
        yield


@contextmanager
def attempts_counted(
    request: HttpRequest,
    *,
    name: str,
    refusals: tuple[type[Exception], ...] = (InvalidCredential, InvalidRequest),
) -> Iterator[None]:
    """The same of anything that is tried under a name. Raises RateLimited where too many ended in such refusals."""
    credentials = {"username": name[:MAX_NAME]}
    if not AxesProxyHandler.is_allowed(request, credentials):
        raise too_many(request)
    try:
        yield
    except refusals:
        AxesProxyHandler.user_login_failed(__name__, credentials, request)
        request.axes_locked_out = False  # type: ignore[attr-defined]  # its middleware would answer a page instead
        raise


def locked_page(request: HttpRequest, response: HttpResponse, credentials: dict[str, Any]) -> HttpResponse:
    """The console's login page for somebody who is stopped."""
    wait: timedelta = settings.AXES_COOLOFF_TIME
    headers = {"Retry-After": str(int(wait.total_seconds()))}
    return HttpResponse(LOCKED, status=429, content_type="text/plain; charset=utf-8", headers=headers)


def _failures_from(request: HttpRequest) -> int:
    address: str | None = request.axes_ip_address  # type: ignore[attr-defined]
    if address is None:  # a Unix socket: nobody can be told apart
        return 0
    recent = AccessAttempt.objects.filter(
        ip_address=address, attempt_time__gte=get_cool_off_threshold(request)
    )
    return recent.aggregate(failures=Sum("failures_since_start"))["failures"] or 0

"""Check a person's password, throttled: whoever guesses is stopped for a while."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.utils.timezone import now
from rest_framework.request import Request

from metering.errors import InvalidCredential, LimitUsage, RateLimited
from metering.models import User
from metering.types import Dimension


def check_password(request: Request, *, email: str, password: str) -> User:
    """The user. Raises InvalidCredential in the same words whatever is wrong, and RateLimited."""
    plain: Any = request._request
    user = authenticate(plain, username=email.lower(), password=password)
    if getattr(plain, "axes_locked_out", False):
        plain.axes_locked_out = False  # or its middleware would answer a page instead
        raise _too_many()
    if not isinstance(user, User):
        raise InvalidCredential("The e-mail address or the password is wrong.")
    return user


def _too_many() -> RateLimited:
    limit: int = settings.AXES_FAILURE_LIMIT
    wait: timedelta = settings.AXES_COOLOFF_TIME
    usage = LimitUsage(
        budget="wrong passwords",
        scope="user",
        dimension=Dimension.REQUESTS,
        current=limit,
        held=0,
        requested=1,
        limit=limit,
        period=f"{wait.total_seconds() // 60:.0f}m",
    )
    return RateLimited(
        "Too many wrong passwords. Try again later.",
        usage=usage,
        reset_at=now() + wait,
        retry_after_s=int(wait.total_seconds()),
    )

"""Check a person's password, throttled: whoever guesses is stopped for a while."""

from typing import Any

from django.contrib.auth import authenticate
from rest_framework.request import Request

from gateway_project.lockout import too_many
from metering.errors import InvalidCredential
from metering.models import User


def check_password(request: Request, *, email: str, password: str) -> User:
    """The user. Raises InvalidCredential in the same words whatever is wrong, RateLimited and Overloaded."""
    plain: Any = request._request
    user = authenticate(plain, username=email.lower(), password=password)
    if getattr(plain, "axes_locked_out", False):
        plain.axes_locked_out = False  # or its middleware would answer a page instead
        raise too_many(plain)
    if not isinstance(user, User):
        raise InvalidCredential("The e-mail address or the password is wrong.")
    return user

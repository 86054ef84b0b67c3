"""Which passwords are good enough, and how one is kept."""

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from metering.errors import InvalidRequest
from metering.models import User

MAX_LENGTH = 256
LIMIT = f"A password has at most {MAX_LENGTH} characters."


class MaximumLengthValidator:
    """Refuses a password that is longer than the sign-in takes (one of AUTH_PASSWORD_VALIDATORS)."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raises ValidationError."""
        if len(password) > MAX_LENGTH or "\x00" in password:
            raise ValidationError(LIMIT, code="password_too_long")

    def get_help_text(self) -> str:
        return LIMIT


def hash_password(password: str, *, user: User) -> str:
    """What is stored of the password. Slow on purpose, so it does not belong where a row is locked.

    Raises InvalidRequest with every rule of AUTH_PASSWORD_VALIDATORS that it breaks.
    """
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidRequest(" ".join(error.messages), param="password") from error
    return make_password(password)

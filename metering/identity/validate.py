"""Model validation as a domain error."""

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models

from metering.errors import InvalidRequest


def validate(row: models.Model) -> None:
    """Run a row's own checks.

    Raises InvalidRequest with every message; `param` is the first field at fault.
    """
    try:
        row.full_clean()
    except ValidationError as error:
        problems = error.message_dict
        param = next((name for name in problems if name != NON_FIELD_ERRORS), None)
        sentences = [
            message if name == NON_FIELD_ERRORS else f"{name}: {message}"
            for name, messages in problems.items()
            for message in messages
        ]
        raise InvalidRequest(" ".join(sentences), param=param) from error

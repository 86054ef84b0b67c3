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
        problems = _sentences(error)
        param = next((name for name in problems if name != NON_FIELD_ERRORS), None)
        sentences = [
            message if name == NON_FIELD_ERRORS else f"{name}: {message}"
            for name, messages in problems.items()
            for message in messages
        ]
        raise InvalidRequest(" ".join(sentences), param=param) from error


def _sentences(error: ValidationError) -> dict[str, list[str]]:
    """The problems by field; of a value that is taken in our own words, under the field that was chosen."""
    found: dict[str, list[str]] = {}
    for name, problems in error.error_dict.items():
        for problem in problems:
            if problem.code in {"unique", "unique_together"} and problem.params:
                field = problem.params["unique_check"][-1]
                noun = problem.params["model"]._meta.verbose_name
                found.setdefault(field, []).append(f"There is already a {noun} with this {field}.")
            else:
                found.setdefault(name, []).extend(problem.messages)
    return found

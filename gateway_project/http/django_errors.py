"""Django's and DRF's own errors in our terms."""

import logging
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    DisallowedHost,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import Http404
from django.http.multipartparser import MultiPartParserError
from rest_framework import exceptions

from gateway_project.http.errors import (
    BodyTooLarge,
    Internal,
    MethodNotAllowed,
    NotAcceptable,
    UnsupportedMediaType,
)
from metering.errors import InvalidCredential, InvalidRequest, MeteringError, NotFound, NotPermitted

logger = logging.getLogger(__name__)
_TWINS: dict[type[Exception], type[MeteringError]] = {
    exceptions.NotAuthenticated: InvalidCredential,
    exceptions.AuthenticationFailed: InvalidCredential,
    exceptions.PermissionDenied: NotPermitted,
    PermissionDenied: NotPermitted,
    exceptions.NotFound: NotFound,
    Http404: NotFound,
    exceptions.MethodNotAllowed: MethodNotAllowed,
    exceptions.UnsupportedMediaType: UnsupportedMediaType,
    exceptions.NotAcceptable: NotAcceptable,
    exceptions.ParseError: InvalidRequest,
    RequestDataTooBig: BodyTooLarge,
    SuspiciousOperation: InvalidRequest,
    MultiPartParserError: InvalidRequest,
    BadRequest: InvalidRequest,
}
_SENTENCES: dict[type[Exception], str] = {
    RequestDataTooBig: f"The body is longer than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE:,} bytes.",
    TooManyFieldsSent: f"There are more than {settings.DATA_UPLOAD_MAX_NUMBER_FIELDS:,} fields or parameters.",
    TooManyFilesSent: f"There are more than {settings.DATA_UPLOAD_MAX_NUMBER_FILES:,} files.",
    DisallowedHost: "The gateway does not serve this host; see ALLOWED_HOSTS.",
    SuspiciousOperation: "The request cannot be taken as it is.",
    MultiPartParserError: "The form cannot be read.",
    BadRequest: "The request cannot be read.",
    PermissionDenied: "You may not do this.",
    Exception: "There is no such thing.",
}
"""Of Django's own errors, whose texts are for developers."""


def as_metering_error(exc: Exception) -> MeteringError:
    """The same refusal in our own terms. What is no refusal is logged and becomes Internal."""
    if isinstance(exc, MeteringError):
        return exc
    if isinstance(exc, exceptions.ValidationError):
        param, sentence = first_problem(exc.detail)
        return InvalidRequest(f"{param}: {sentence}" if param else sentence, param=param or None)
    if isinstance(exc, RecursionError):  # from the JSON parser
        return InvalidRequest("The body is nested too deeply.")
    twin = next((_TWINS[kind] for kind in type(exc).__mro__ if kind in _TWINS), None)
    if twin is not None:
        return twin(_sentence(exc))
    logger.error("request.broke", exc_info=exc)
    return Internal("Something went wrong in the gateway.")


def first_problem(detail: Any, param: str = "") -> tuple[str, str]:
    """The first field at fault as a path, such as `budgets.0.amount`, and what is wrong with it."""
    if isinstance(detail, Mapping):
        for name, problems in detail.items():
            if problems:
                step = "" if name == "non_field_errors" else str(name)
                return first_problem(problems, ".".join(part for part in (param, step) if part))
    if isinstance(detail, list):
        for index, problem in enumerate(detail):
            if isinstance(problem, Mapping | list) and problem:
                return first_problem(problem, f"{param}.{index}" if param else str(index))
            if problem and not isinstance(problem, Mapping | list):
                return param, str(problem)
    return param, str(detail) if isinstance(detail, str) else "Invalid input."


def _sentence(exc: Exception) -> str:
    if isinstance(exc, exceptions.APIException):
        return str(exc.detail)
    return next(_SENTENCES[kind] for kind in type(exc).__mro__ if kind in _SENTENCES)

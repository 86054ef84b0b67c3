"""A request's body read as the shape that a task wants, with errors that name the field."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from metering.errors import InvalidRequest

T = TypeVar("T")


def read_strictly(body: Mapping[str, Any], shape: type[T]) -> T:
    """The body as `shape`, a msgspec Struct. Raises InvalidRequest."""
    try:
        return msgspec.convert(body, shape)
    except msgspec.ValidationError as error:
        raise invalid(error) from None


def invalid(error: msgspec.ValidationError) -> InvalidRequest:
    """msgspec says `Expected ... - at `$.messages[0].role``: the path becomes `param`. Or the words do."""
    sentence, _, path = str(error).partition(" - at `$")
    param = path.rstrip("`").lstrip(".") or None
    if "missing required field" in sentence or "unknown field" in sentence:
        param = ".".join([*filter(None, [param]), sentence.split("`")[1]])
        if "unknown field" in sentence:
            sentence = "There is no such field"
    elif param is None and "`" in sentence:
        param = sentence.split("`")[1]
    return InvalidRequest(f"{param or 'The request'}: {sentence[0].lower()}{sentence[1:]}.", param=param)

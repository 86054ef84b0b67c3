"""A request's body read as the shape that a task wants, with errors that name the field."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from metering.errors import InvalidRequest

T = TypeVar("T")
NO_CHOICE = "Invalid enum value "
"""How msgspec begins."""


def read_strictly(body: Mapping[str, Any], shape: type[T]) -> T:
    """The body as `shape`, a msgspec Struct. Raises InvalidRequest."""
    try:
        return msgspec.convert(body, shape)
    except msgspec.ValidationError as error:
        refusal = invalid(error)
        if str(error).startswith(NO_CHOICE) and (known := _choices(shape, refusal.param or "")):
            given = str(error).removeprefix(NO_CHOICE).partition(" - at ")[0]
            refusal = InvalidRequest(f"{refusal.param}: {given} is none of {known}.", param=refusal.param)
        raise refusal from None


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


def _choices(shape: type[Any], param: str) -> str:
    """The values that a field of the shape takes, or the items of its list; empty where it is no choice."""
    from msgspec import inspect  # not before somebody errs: no request that is right needs it

    name = param.partition("[")[0]
    left = [
        inspect.type_info(field.type) for field in msgspec.structs.fields(shape) if field.encode_name == name
    ]
    while left:
        kind = left.pop()
        if isinstance(kind, inspect.EnumType):
            return ", ".join(str(choice.value) for choice in kind.cls)
        if isinstance(kind, inspect.LiteralType):
            return ", ".join(map(str, kind.values))
        inner = [getattr(kind, attribute, None) for attribute in ("type", "item_type")]
        left += [*getattr(kind, "types", ()), *filter(None, inner)]
    return ""

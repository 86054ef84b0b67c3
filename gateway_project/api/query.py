"""Query parameters, checked before a database sees them: each handler says which it takes, and others are refused."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from gateway_project.api.input import SHOWN, StrictInput, closest
from metering.errors import InvalidRequest
from metering.text import normal

F = TypeVar("F", bound=Callable[..., Any])
FLAGS = {"": None, "true": True, "1": True, "false": False, "0": False}


def asks(*parameters: OpenApiParameter | type[StrictInput], **schema: Any) -> Callable[[F], F]:
    """As `extend_schema`, which it calls, for a handler that takes these query parameters."""
    names = frozenset(name for parameter in parameters for name in _names(parameter))

    def decorate(handler: F) -> F:
        handler.query_names = query_names(handler) | names  # type: ignore[attr-defined]
        return extend_schema(parameters=list(parameters), **schema)(handler)

    return decorate


def query_names(handler: object) -> frozenset[str]:
    """The query parameters that a handler takes."""
    names: frozenset[str] = getattr(handler, "query_names", frozenset())
    return names


def check_query(request: Request, known: frozenset[str]) -> None:
    """Raises InvalidRequest for a parameter that nobody reads, or that occurs twice."""
    for name, values in request.query_params.lists():
        shown = name[:SHOWN]
        if name not in known:
            raise InvalidRequest(
                f"{shown}: unknown query parameter{closest(name, sorted(known))}", param=shown
            )
        if len(values) > 1:
            raise InvalidRequest(f"{shown} occurs {len(values)} times in the query.", param=shown)


def query_text(request: Request, name: str, *, max_length: int = 254) -> str:
    """A parameter as text in its one form; empty if it is missing. Raises InvalidRequest for what can be no name."""
    text = normal(request.query_params.get(name, ""))
    if len(text) > max_length or not text.isprintable():
        raise InvalidRequest(f"{name} must be printable, of at most {max_length} characters.", param=name)
    return text


def query_flag(request: Request, name: str) -> bool | None:
    """A parameter that is true or false; None if it is missing. Raises InvalidRequest for any other word."""
    word = query_text(request, name).lower()
    if word not in FLAGS:
        raise InvalidRequest(f"{name} must be true or false.", param=name)
    return FLAGS[word]


def query_choice(request: Request, name: str, choices: Sequence[str]) -> str:
    """A parameter that is one of a few words; empty if it is missing. Raises InvalidRequest for any other word."""
    word = query_text(request, name, max_length=64)
    if word and word not in choices:
        raise InvalidRequest(f"{name}: {word!r} is none of {', '.join(choices)}.", param=name)
    return word


def query_uuid(request: Request, name: str) -> UUID | None:
    """A parameter that is an id; None if it is missing. Raises InvalidRequest for what is none."""
    text = query_text(request, name)
    try:
        return UUID(text) if text else None
    except ValueError:
        raise InvalidRequest(f"{name} must be an id (a UUID).", param=name) from None


def _names(parameter: OpenApiParameter | type[StrictInput]) -> tuple[str, ...]:
    if isinstance(parameter, OpenApiParameter):
        return (parameter.name,)
    return tuple(parameter().fields)

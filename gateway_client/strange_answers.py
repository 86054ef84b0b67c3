"""Answers that no gateway gives: the page of a proxy or a sign-in, a redirect, another service, half a document."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

from gateway_client.errors import GatewayError

CODE = "strange_answer"
PAGE, DATA = "text/html", "application/json"
NOT_A_GATEWAYS = "The answer is not as a gateway gives it. Is the address right?"


@contextmanager
def understood() -> Iterator[None]:
    """Raises GatewayError in place of what reading an answer raises that has another form than a gateway's."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise GatewayError(NOT_A_GATEWAYS, code=CODE) from error


def check_form(headers: Mapping[str, str], *, stream: bool) -> None:
    """Raises GatewayError for a page, and for an answer that came whole where a stream was asked for."""
    form = headers.get("content-type", "").partition(";")[0].strip().lower()
    if form == PAGE or (stream and form == DATA):
        raise GatewayError(f"{NOT_A_GATEWAYS} (Content-Type: {form})", code=CODE)


def redirected(status: int, headers: Mapping[str, str]) -> GatewayError:
    """The error that a redirect stands for: none is followed, since a credential goes to one address only."""
    try:
        there = urlsplit(headers.get("location", ""))
        where = f"{there.scheme}://{there.netloc.rpartition('@')[2]}" if there.netloc else "another page"
    except ValueError:
        where = "another page"
    return GatewayError(
        f"The address redirects to {where} (HTTP {status}). A gateway does not: is the address right?",
        status_code=status,
        code=CODE,
        headers=headers,
    )

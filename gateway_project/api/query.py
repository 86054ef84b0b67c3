"""Query parameters, checked before a database sees them."""

from rest_framework.request import Request

from metering.errors import InvalidRequest
from metering.text import normal


def query_text(request: Request, name: str, *, max_length: int = 254) -> str:
    """A parameter as text in its one form; empty if it is missing.

    Raises InvalidRequest for what nothing can be called.
    """
    text = normal(request.query_params.get(name, ""))
    if len(text) > max_length or not text.isprintable():
        raise InvalidRequest(f"{name} must be printable, of at most {max_length} characters.", param=name)
    return text

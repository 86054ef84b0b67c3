"""Lets a refused credential be found by its request's id, from Django's threads too."""

from collections.abc import Iterator
from contextlib import contextmanager

from gateway_project import wiring
from metering.errors import MeteringError


@contextmanager
def credential_refusals_noted(request_id: str | None) -> Iterator[None]:
    """A refusal within it, of a credential whose holder is known, is noted where this process runs a gateway."""
    try:
        yield
    except MeteringError as refusal:
        if refusal.credential_of is not None and request_id is not None:
            wiring.note_refused(refusal.credential_of, refusal, request_id)
        raise

"""How something is sent to an address outside, and what came of it."""

from collections.abc import Awaitable, Callable, Mapping

from msgspec import Struct

MAX_RESPONSE = 500
"""Characters of an answer that are kept."""


class Outgoing(Struct, frozen=True, kw_only=True):
    """One POST request."""

    url: str
    body: bytes
    headers: Mapping[str, str]


class Outcome(Struct, frozen=True, kw_only=True):
    """What came of it. With a status there was an answer; without one `error` says why not."""

    status: int | None = None
    response: str = ""
    """How the answer begins."""
    duration_ms: int = 0
    error: str = ""
    """A sentence without any part of the address."""
    handed_over: bool = True
    """Whether the receiver may have it: something of the request was sent."""
    retry_after_s: float | None = None
    """What the answer asks for."""

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


Send = Callable[[Outgoing], Awaitable[Outcome]]
"""Sends it, within bounds of time and size, to public addresses only. It never raises."""

"""What a call has to have done for it, as values: the thinking is one generator, whoever does the steps.

A flow yields steps, is sent what came of each, and has the error thrown in where one failed. `drivers` carries flows
out, in a thread or on an event loop. (httpx's `Auth.auth_flow` is of this shape.)
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """One HTTP request of ours. Answered with a Reply."""

    method: str
    path: str
    body: Any = None
    params: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float | None = None
    """How long the answer may be silent. None: as long as the client's own bound."""
    signed: bool = True
    """Whether it takes the credential along."""
    stream: bool = False
    """The reply's body is then an iterator of the data of server-sent events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoke:
    """One call of the official SDK, such as `chat.completions`. Answered with a Reply."""

    resource: str
    arguments: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float | None = None
    """As Send has it."""


@dataclass(frozen=True, slots=True)
class Next:
    """The next event of a stream; None: it has ended. Answered with the event."""

    stream: Any


@dataclass(frozen=True, slots=True)
class Close:
    """Nobody reads a stream any more. Answered with None."""

    stream: Any


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing, for so long. Answered with None."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A good answer."""

    status: int
    headers: Mapping[str, str]
    body: Any
    """JSON, the SDK's value, or an iterator of events."""


Step = Send | Invoke | Next | Close | Wait
Flow = Generator[Step, Any, T]

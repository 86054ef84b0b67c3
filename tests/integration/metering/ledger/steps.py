"""What can happen to a few reservations on a few shared meters, as plain values."""

from dataclasses import dataclass

from metering.types import Dimension

METERS = (Dimension.TOKENS, Dimension.COST, Dimension.REQUESTS, Dimension.CONCURRENCY, Dimension.TOKENS)
TAG_METER = 0
"""Of the tag that every call has."""
TALK_METER = 1
"""Of the conversation that every call is in."""
VENDOR_METER = 4
"""Shared by all tenants, and charged for the attempts of one vendor only."""
VENDORS = ("sandbox", "elsewhere")
RESERVATIONS = 6


@dataclass(frozen=True)
class Line:
    meter: int
    amount: int
    limit: int
    enforced: bool
    release: bool


@dataclass(frozen=True)
class Reserve:
    of: int
    lines: tuple[Line, ...]
    key: tuple[int, int] | None
    """An idempotency key and what the caller's body was."""


@dataclass(frozen=True)
class Extend:
    of: int
    lines: tuple[Line, ...]
    sequence: int


@dataclass(frozen=True)
class Used:
    """One attempt."""

    vendor: str
    tokens: int
    cost: int
    failed: bool = False

    @property
    def is_use(self) -> bool:
        """A vendor's failure that cost nothing is none."""
        return not self.failed or self.tokens > 0 or self.cost > 0


@dataclass(frozen=True)
class Settle:
    of: int
    attempts: tuple[Used, ...]


@dataclass(frozen=True)
class Release:
    of: int


@dataclass(frozen=True)
class Expire:
    of: int


@dataclass(frozen=True)
class RunOut:
    """The lease is over from here on."""

    of: int


@dataclass(frozen=True)
class Adjust:
    of: int
    number: int
    tokens: int
    cost: int
    requests: int


@dataclass(frozen=True)
class Again:
    """An earlier step is sent once more."""

    back: int


Step = Reserve | Extend | Settle | Release | Expire | RunOut | Adjust | Again

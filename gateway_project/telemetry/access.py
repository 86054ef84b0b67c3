"""One line of the log for each request, at its end: what it was, how it ended, and what it cost; never what it said.

A line is made and written here, because a record of `logging` costs several times as much as the line. Lines are
gathered for a moment, so that many of them are one write. The logger `gateway.access` says whether there are any:
LOG_LEVEL=warning silences it.
"""

import asyncio
import logging
import os
import time
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from metering.calls.values import Call
from metering.ledger.commands import Attempt
from metering.money import usd_text

LOGGER = "gateway.access"
GATHER_S = 0.05
MOST_GATHERED = 256
STDERR = 2
logger = logging.getLogger(LOGGER)
_encode = msgspec.json.Encoder().encode


class AccessLine:
    """What is known of one request by now."""

    __slots__ = ("attempts", "call", "error", "started_s", "tenant", "token_id")

    def __init__(self) -> None:
        self.started_s = time.monotonic()
        self.tenant: str | None = None
        self.token_id: UUID | None = None
        self.call: Call | None = None
        self.attempts: tuple[Attempt, ...] = ()
        self.error: str | None = None
        """The code of the error that it was answered with."""


LINE: ContextVar[AccessLine | None] = ContextVar("gateway.access_line", default=None)
"""That of the request for which this runs."""


def note_caller(tenant: str | None, token_id: UUID | None) -> None:
    """Note whose request it is, for its line of the log."""
    line = LINE.get()
    if line is not None:
        line.tenant, line.token_id = tenant, token_id


def note_call(call: Call, attempts: tuple[Attempt, ...]) -> None:
    """Note what the call of a request did, for its line of the log."""
    line = LINE.get()
    if line is not None:
        line.call, line.attempts = call, attempts


def note_error_code(code: str) -> None:
    """What its caller was told is wrong."""
    line = LINE.get()
    if line is not None:
        line.error = code


class _Written(msgspec.Struct):
    """A line as it stands in the log. A dictionary of the same takes three times as long to make and write."""

    event: str
    level: str
    logger: str
    timestamp: datetime
    method: str
    route: str
    status: int
    duration_ms: float
    bytes: int
    request_id: str
    tenant: str | UnsetType
    token_id: UUID | UnsetType
    code: str | UnsetType
    task: str | UnsetType = UNSET
    model: str | UnsetType = UNSET
    provider: str | UnsetType = UNSET
    attempts: int | UnsetType = UNSET
    input_tokens: int | UnsetType = UNSET
    output_tokens: int | UnsetType = UNSET
    cost_usd: str | UnsetType = UNSET
    reservation_id: UUID | UnsetType = UNSET
    trace_id: str | UnsetType = UNSET

    def add_call(self, call: Call, attempts: tuple[Attempt, ...]) -> None:
        """Fill in what only a call has."""
        self.task = call.policy.task
        self.model = call.model.name
        self.provider = call.model.provider_name
        self.attempts = len(attempts)
        self.input_tokens = sum([attempt.input_tokens for attempt in attempts])
        self.output_tokens = sum([attempt.output_tokens for attempt in attempts])
        self.cost_usd = usd_text(sum([attempt.cost_nano_usd for attempt in attempts]))
        self.reservation_id = call.hold.reservation_id
        self.trace_id = call.hold.labels.trace_id or UNSET


class AccessLog:
    """One process's lines on their way out. For one event loop at a time."""

    def __init__(self, write: Callable[[bytes], None] | None = None) -> None:
        self._write = write or to_stderr
        self._gathered: list[bytes] = []
        self._timer: asyncio.TimerHandle | None = None

    def add(self, line: AccessLine, method: str, route: str, status: int, size: int, request_id: str) -> None:
        """Write the line of a request that has ended, with the bytes of its answer. Never fails."""
        if not logger.isEnabledFor(logging.INFO):
            return
        written = _Written(
            "request",
            "info",
            LOGGER,
            datetime.now(UTC),
            method,
            route,
            status,
            round((time.monotonic() - line.started_s) * 1000, 2),
            size,
            request_id,
            line.tenant or UNSET,
            line.token_id or UNSET,
            line.error or UNSET,
        )
        if line.call is not None:
            written.add_call(line.call, line.attempts)
        self._gathered.append(_encode(written))
        if len(self._gathered) >= MOST_GATHERED:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GATHER_S, self.flush)

    def flush(self) -> None:
        """Write the lines that were gathered."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._gathered:
            lines, self._gathered = self._gathered, []
            self._write(b"\n".join(lines) + b"\n")


def to_stderr(lines: bytes) -> None:
    """To where all other lines go. A log that nobody can take is no reason to fail."""
    place = 0
    while place < len(lines):
        try:
            place += os.write(STDERR, lines[place:])
        except OSError:
            return

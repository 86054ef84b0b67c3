"""How a stream begins and how it ends: what of its bytes is read before and after the events."""

import asyncio
from contextlib import suppress
from typing import Protocol

import aiohttp

from providers.openai_compatible.answer import is_event_stream
from providers.openai_compatible.errors import CONNECTION_ERRORS
from providers.openai_compatible.exchange import VendorResponse
from providers.openai_compatible.timed_reader import TimedReader

MAX_START = 1 << 12
"""Bytes of blanks and keep-alives before an answer has to begin."""
TAIL_S = 0.05
"""How long the end of the HTTP message may come after the last event for the connection to be used again."""


class Completable(Protocol):
    """An answer that is being read."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing that matters is missing."""


async def start_of(reader: TimedReader) -> bytes:
    """The first bytes, enough of them to tell what they are."""
    start = await reader.read()
    while start and is_event_stream(start) is None and len(start) < MAX_START:
        part = await reader.read()
        if not part:
            break
        start += part
    return start


async def next_of(reader: TimedReader, answer: Completable) -> bytes:
    """The next bytes; nothing at the end, and where an answer breaks off that is complete."""
    try:
        return await reader.read()
    except CONNECTION_ERRORS:
        if answer.is_complete:
            return b""
        raise


async def read_tail(response: VendorResponse) -> None:
    """Nothing more is expected; whatever comes is not read."""
    if not response.content.at_eof():
        with suppress(TimeoutError, aiohttp.ClientError):
            async with asyncio.timeout(TAIL_S):
                await response.content.readany()

"""Ends idle connections while most of the places for connections are taken.

The server waits with the next connection until there is a place for it, and gives one that has sent no request ten
seconds (`launcher/children.py`). So a few thousand idle connections would keep everybody out, and those
who ask for its health too. A connection with a request under way is never ended here: those have ceilings and
deadlines of their own.
"""

import asyncio
import logging
import resource
from collections import Counter
from collections.abc import Collection, Iterable

from gateway_project.connections.accepted import Accepted, accepted, cut_file, limit_sending, open_files
from gateway_project.connections.under_way import under_way
from gateway_project.front.stalled import STALL_S
from gateway_project.telemetry import metrics
from metering.network import counted_address

LOOK_S = 0.5
FULL = 3 / 4
"""The share of the places at which idle connections begin to be ended."""
FREED = 1 / 2
"""The share of the places that may stay taken when idle connections have been ended."""
DEAF_S = STALL_S * 3
"""How long a peer may acknowledge nothing, or make no room. Of an answer in parts the application has noticed before,
and has said so; this is for answers that the server has got whole, and for peers that are gone without a word.
"""
SEND_BUFFER_BYTES = 256 * 1024
"""Of a connection. The kernel would let it grow to megabytes, and of a stream that nobody reads all of that was
generated, and is in memory until it is counted.
"""
logger = logging.getLogger(__name__)


def raise_file_limit() -> int:
    """Let this process have as many open files as it may, and return how many those are."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


async def make_room(places: int) -> None:
    """Look after this process's connections until cancelled; `places` is how many the server accepts."""
    limited = False
    while True:
        await asyncio.sleep(LOOK_S)
        if not limited:  # the server listens once the application has started
            limited = limit_sending(stall_s=DEAF_S, buffer_bytes=SEND_BUFFER_BYTES)
        if open_files() > places * FULL:
            ended = await asyncio.to_thread(_end_idle, places)
            if ended:
                metrics.connections_cut.add("idle", by=ended)
                logger.warning("connections.ended", extra={"count": ended, "reason": "no room"})


def _end_idle(places: int) -> int:
    connections = accepted()
    surplus = len(connections) - int(places * FREED)
    idle = [each for each in connections if each.peer not in under_way]
    return sum(cut_file(each.file, each.peer) for each in to_end(idle, surplus) if each.peer not in under_way)


def to_end(idle: Collection[Accepted], surplus: int) -> list[Accepted]:
    """Choose `surplus` idle connections: each time the most silent one of the address that has most of them left."""
    if surplus <= 0:
        return []
    if surplus >= len(idle):
        return list(idle)
    ranked = _ranked(idle)
    return [each for _, each in sorted(ranked, key=lambda pair: pair[0], reverse=True)[:surplus]]


def _ranked(idle: Iterable[Accepted]) -> list[tuple[tuple[int, int], Accepted]]:
    """Ranks each connection among those of its address; the most silent one has the highest rank."""
    seen: Counter[str] = Counter()
    ranked: list[tuple[tuple[int, int], Accepted]] = []
    for each in sorted(idle, key=lambda connection: connection.silent_ms):
        address = counted_address(each.peer[0])
        seen[address] += 1
        ranked.append(((seen[address], each.silent_ms), each))
    return ranked

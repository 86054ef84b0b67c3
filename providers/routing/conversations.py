"""Which vendor served each conversation last, and with which key, because that one holds its prompt cache."""

import math
from collections.abc import Callable
from hashlib import blake2b
from typing import NamedTuple

KEPT_S = 600.0
"""Vendors keep prompt caches for five minutes or a little longer, counted from the last use."""
TOLD_AGAIN_S = KEPT_S / 4
MAX_CONVERSATIONS = 20_000
MAX_NEWS = 1_000
"""What is told to others at a time; beyond that the oldest is not told."""
DIGEST_BYTES = 8


class Server(NamedTuple):
    """A model at a provider with keys of one owner, as every process names it."""

    provider: str
    owner: str
    model: str


class Seat(NamedTuple):
    """Where a vendor may have a conversation's prompt in its cache."""

    server: Server
    key: str
    """The key's tag: another key may be another account, which has caches of its own."""


class Served(NamedTuple):
    """Where a conversation was served, when, and when others were told."""

    at: Seat
    at_s: float
    told_s: float


class Conversations:
    """Where the latest conversations of this and other processes were served. The least recently used goes first."""

    def __init__(self, clock: Callable[[], float], *, most: int = MAX_CONVERSATIONS) -> None:
        self._clock = clock
        self._most = most
        self._served: dict[bytes, Served] = {}
        self.news: dict[bytes, Seat] = {}
        """What others are to be told."""

    def seat_of(self, conversation: str) -> Seat | None:
        """Return where a conversation was served last; None: nowhere, or so long ago that its cache has gone."""
        served = self._served.get(digest_of(conversation))
        return served.at if served is not None and self._clock() - served.at_s < KEPT_S else None

    def note(self, conversation: str, server: Server, key: str) -> None:
        """Note that a conversation was served here and now, with the key of this tag."""
        digest, now_s, seat = digest_of(conversation), self._clock(), Seat(server, key)
        known = self._served.get(digest)
        told_s = known.told_s if known is not None and known.at == seat else -math.inf
        if now_s - told_s >= TOLD_AGAIN_S:
            told_s = now_s
            self._tell(digest, seat)
        self._keep(digest, Served(seat, now_s, told_s))

    def learn(self, digests: list[bytes], seat: Seat, age_s: float) -> None:
        """Note that another process served these conversations `age_s` ago."""
        at_s = self._clock() - age_s
        for digest in digests:
            known = self._served.get(digest)
            if known is None or known.at_s < at_s:
                self._keep(digest, Served(seat, at_s, at_s))

    def _keep(self, digest: bytes, served: Served) -> None:
        self._served.pop(digest, None)
        if len(self._served) >= self._most:
            del self._served[next(iter(self._served))]
        self._served[digest] = served

    def _tell(self, digest: bytes, seat: Seat) -> None:
        self.news.pop(digest, None)
        if len(self.news) >= MAX_NEWS:
            del self.news[next(iter(self.news))]
        self.news[digest] = seat


def digest_of(conversation: str) -> bytes:
    """Names a conversation outside of this process, and shows nothing of it."""
    return blake2b(conversation.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).digest()


def draw_of(conversation: str, server: Server) -> int:
    """A conversation's number for a candidate, the same everywhere: the highest wins (rendezvous hashing)."""
    text = "\x00".join((conversation, *server))
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).digest()
    return int.from_bytes(digest)

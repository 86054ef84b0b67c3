"""Which vendor served each conversation last, because that one holds its prompt cache."""

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
    """A candidate, as every process names it."""

    provider: str
    owner: str
    model: str


class Served(NamedTuple):
    """Who served a conversation, when, and when others were told."""

    by: Server
    at_s: float
    told_s: float


class Conversations:
    """The last ones of one process and of others. The one that was used least recently goes first."""

    def __init__(self, clock: Callable[[], float], *, most: int = MAX_CONVERSATIONS) -> None:
        self._clock = clock
        self._most = most
        self._served: dict[bytes, Served] = {}
        self.news: dict[bytes, Server] = {}
        """What others are to be told."""

    def server_of(self, conversation: str) -> Server | None:
        """Who served it last; None: nobody, or so long ago that its cache has gone."""
        served = self._served.get(digest_of(conversation))
        return served.by if served is not None and self._clock() - served.at_s < KEPT_S else None

    def note(self, conversation: str, server: Server) -> None:
        """It was served here and now."""
        key, now_s = digest_of(conversation), self._clock()
        known = self._served.get(key)
        told_s = known.told_s if known is not None and known.by == server else -math.inf
        if now_s - told_s >= TOLD_AGAIN_S:
            told_s = now_s
            self._tell(key, server)
        self._keep(key, Served(server, now_s, told_s))

    def learn(self, keys: list[bytes], server: Server, age_s: float) -> None:
        """Another process served these, so long ago."""
        at_s = self._clock() - age_s
        for key in keys:
            known = self._served.get(key)
            if known is None or known.at_s < at_s:
                self._keep(key, Served(server, at_s, at_s))

    def _keep(self, key: bytes, served: Served) -> None:
        self._served.pop(key, None)
        if len(self._served) >= self._most:
            del self._served[next(iter(self._served))]
        self._served[key] = served

    def _tell(self, key: bytes, server: Server) -> None:
        self.news.pop(key, None)
        if len(self.news) >= MAX_NEWS:
            del self.news[next(iter(self.news))]
        self.news[key] = server


def digest_of(conversation: str) -> bytes:
    """Names a conversation outside of this process, and shows nothing of it."""
    return blake2b(conversation.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).digest()


def draw_of(conversation: str, server: Server) -> int:
    """A conversation's number for a candidate, the same everywhere: the highest wins (rendezvous hashing)."""
    text = "\x00".join((conversation, *server))
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).digest()
    return int.from_bytes(digest)

"""Passwords are hashed behind a bound: one hash takes a processor for a third of a second, and anybody may ask for it.

Without it, people who sign in at once would take the processors from everybody who calls models.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.hashers import PBKDF2PasswordHasher

from metering.errors import Overloaded

PLACES = max(1, len(os.sched_getaffinity(0)) // 4)
MAX_WAITING = 8
"""How many callers may wait: a few seconds' worth, and far fewer than the requests that Django answers at once."""
WAIT_S = 10.0
BUSY = "Too many passwords are checked at this moment; try again in a moment."


class HashingPlaces:
    """So many hashes at once in one process, and so many callers who wait for one. More are refused at once."""

    def __init__(self, *, places: int, max_waiting: int, wait_s: float) -> None:
        self._places = threading.BoundedSemaphore(places)
        self._waiting_places = threading.BoundedSemaphore(max_waiting)
        self._wait_s = wait_s

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Holds a place while the block runs. Raises Overloaded if too many wait already or the wait is too long."""
        if not self._places.acquire(blocking=False):
            self._wait()
        try:
            yield
        finally:
            self._places.release()

    def _wait(self) -> None:
        if not self._waiting_places.acquire(blocking=False):
            raise Overloaded(BUSY)
        try:
            if not self._places.acquire(timeout=self._wait_s):
                raise Overloaded(BUSY)
        finally:
            self._waiting_places.release()


_places = HashingPlaces(places=PLACES, max_waiting=MAX_WAITING, wait_s=WAIT_S)


class BoundedPasswordHasher(PBKDF2PasswordHasher):
    """Django's own hasher, for PASSWORD_HASHERS. Checking a password encodes it too, so that both are bounded."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        """Raises Overloaded."""
        with _places.taken():
            encoded: str = super().encode(password, salt, iterations)
            return encoded

"""Counts, and bounds, the bytes of bodies in this process's memory: of those that arrive and of requests under way."""

from collections.abc import MutableMapping
from typing import Any

from django.conf import settings

from metering.errors import Overloaded

MIB = 1024 * 1024
STRANGERS_BYTES = 8 * MIB
"""The most bytes that strangers' bodies may take; the rest is kept for known callers."""
SMALL_BYTES = 16 * MIB
"""The bytes that only small bodies may take, so that a few large ones keep no ordinary call out."""
SMALL_BODY_BYTES = 64 * 1024
KEY = "gateway.body_bytes"


class BytesInFlight:
    """Counts bytes for each request, in its scope, from their arrival until the request ends."""

    def __init__(self, most: int) -> None:
        """`most`: of all. Parsed and on its way, a body takes up to three times its length for a moment."""
        self._most = most
        self.taken = 0
        self._of_strangers = 0

    def take(self, scope: MutableMapping[str, Any], count: int, *, stranger: bool) -> None:
        """Counts more bytes of a request. Raises Overloaded if there is no room for them."""
        known, of_stranger = scope.get(KEY, (0, 0))
        is_small = known + of_stranger + count <= SMALL_BODY_BYTES
        if self.taken + count > (self._most if is_small else self._most - SMALL_BYTES) or (
            stranger and self._of_strangers + count > STRANGERS_BYTES
        ):
            raise Overloaded("The bodies of other requests take up all memory; try again in a moment.")
        self.taken += count
        if stranger:
            self._of_strangers += count
            scope[KEY] = known, of_stranger + count
        else:
            scope[KEY] = known + count, of_stranger

    def give_back(self, scope: MutableMapping[str, Any]) -> None:
        """Forget the bytes of a request that has ended."""
        counted = scope.pop(KEY, None)
        if counted is not None:
            known, of_stranger = counted
            self.taken -= known + of_stranger
            self._of_strangers -= of_stranger


bytes_in_flight = BytesInFlight(settings.BODY_MEMORY_MIB * MIB)
"""The bytes that this process has in memory."""

"""How many bytes of bodies this process has in memory: those that arrive, and those of requests under way."""

from collections.abc import MutableMapping
from typing import Any

from metering.errors import Overloaded

MAX_BYTES = 128 * 1024 * 1024
"""Parsed and on its way to a vendor, a body takes up to three times its length for a moment."""
STRANGERS_BYTES = 8 * 1024 * 1024
"""Of these, for callers who have not shown who they are: the rest is for the others."""
KEY = "gateway.body_bytes"


class BytesInFlight:
    """Counted per request, in its scope, from when they come until the request has ended."""

    def __init__(self, *, most: int = MAX_BYTES, strangers: int = STRANGERS_BYTES) -> None:
        self._most, self._most_of_strangers = most, strangers
        self.taken = 0
        self._of_strangers = 0

    def take(self, scope: MutableMapping[str, Any], count: int, *, stranger: bool) -> None:
        """Count more bytes of a request. Raises Overloaded where there is no room for them."""
        if self.taken + count > self._most or (
            stranger and self._of_strangers + count > self._most_of_strangers
        ):
            raise Overloaded("The bodies of other requests take up all memory; try again in a moment.")
        known, of_stranger = scope.get(KEY, (0, 0))
        self.taken += count
        if stranger:
            self._of_strangers += count
            scope[KEY] = known, of_stranger + count
        else:
            scope[KEY] = known + count, of_stranger

    def give_back(self, scope: MutableMapping[str, Any]) -> None:
        """The request has ended."""
        counted = scope.pop(KEY, None)
        if counted is not None:
            known, of_stranger = counted
            self.taken -= known + of_stranger
            self._of_strangers -= of_stranger


bytes_in_flight = BytesInFlight()
"""This process's."""

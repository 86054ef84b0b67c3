"""Circuits open and close, and an operator is told: one log line and one count for each."""

import logging
from collections.abc import Callable

from providers.port import ProviderError
from providers.routing.board import Board, Entry
from providers.routing.endpoint import Endpoint
from providers.routing.health import Health, cool_down_s
from providers.routing.place import EVERY_KEY, EVERY_MODEL, Kind, Place

OPEN, HALF_OPEN, CLOSED = "open", "half_open", "closed"
logger = logging.getLogger(__name__)


class Transitions:
    """Moves circuits on the board."""

    def __init__(
        self,
        board: Board,
        endpoint_at: Callable[[Place], Endpoint | None],
        on_transition: Callable[[str, str], None],
    ) -> None:
        self.board = board
        self._endpoint_at = endpoint_at
        self._on_transition = on_transition
        board.on_permit = self._half_opened

    def failed(self, place: Place, health: Health, began_s: float, error: ProviderError) -> None:
        """Note that a call that began at `began_s` has failed at this circuit."""
        now_s = self.board.now()
        opens = health.failed(now_s)
        entry = self.board.get(place)
        if entry is None:
            if opens:
                self._open(place, health, 1, error)
        elif began_s >= entry.until_s:
            self._open(place, health, entry.times + 1, error)

    def succeeded(self, server_places: tuple[Place, ...], began_s: float) -> None:
        """A call that began then has succeeded on its way through these places."""
        for place in server_places:
            entry = self.board.get(place)
            if entry is not None and began_s >= entry.since_s:
                self.board.remove(place)
                if place.kind is Kind.CIRCUIT:
                    self._tell(place, CLOSED, times=entry.times)

    def _open(self, place: Place, health: Health, times: int, error: ProviderError) -> None:
        for_s = cool_down_s(times, error.retry_after_s)
        health.begin_anew(self.board.now())
        self.board.put(place, for_s, times=times, status=error.status or 0)
        self._tell(
            place, OPEN, level=logging.WARNING, cool_s=for_s, times=times, status=error.status,
            failure=error.failure.value,
        )  # fmt: skip

    def _half_opened(self, place: Place, entry: Entry) -> None:
        self._tell(place, HALF_OPEN, times=entry.times)

    def _tell(self, place: Place, state: str, *, level: int = logging.INFO, **facts: object) -> None:
        self._on_transition(place.provider, state)
        endpoint = self._endpoint_at(place)
        tags = endpoint.tags if endpoint is not None else ()
        of: dict[str, object] = {"provider": place.provider}
        if place.model != EVERY_MODEL:
            of["model"] = place.model
        if place.key != EVERY_KEY and place.key in tags:
            of["key"] = tags.index(place.key) + 1
        if place.owner:
            of["key_of"] = place.owner
        logger.log(level, f"vendor.circuit_{state}", extra=of | facts)

"""What one process has seen of a model at a provider."""

from providers.routing.conversations import Server
from providers.routing.health import Health
from providers.routing.speed import Speed

MAX_KEYS = 128
"""That one record remembers."""


class TrackRecord:
    """How calls of one candidate ended, and how fast it is."""

    __slots__ = ("_by_key", "reached", "server", "speed")

    def __init__(self, server: Server, reached: Health) -> None:
        """`reached` is whether its provider is reached, which all models of that share."""
        self.server = server
        self.reached = reached
        self.speed = Speed()
        self._by_key: dict[str, Health] = {}

    def health(self, tag: str) -> Health:
        """Return how calls with the key of this tag end."""
        health = self._by_key.get(tag)
        if health is None:
            if len(self._by_key) >= MAX_KEYS:
                del self._by_key[next(iter(self._by_key))]
            health = self._by_key[tag] = Health()
        return health

    def failure_share(self, now_s: float) -> float:
        """Of the calls lately, the keys and the way there together: the worst of them."""
        seen = [health.failure_share(now_s) for health in (self.reached, *self._by_key.values())]
        return max(seen)

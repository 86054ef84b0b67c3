"""How fast a model answers at a provider, as this process has seen it lately."""

from providers.routing.health import OBSERVED_S

WEIGHT_OF_LAST = 0.2
FEWEST_TOKENS = 20
"""A shorter answer says more about the way there than about the model."""


class Average:
    """A moving average that is forgotten when nothing new comes."""

    __slots__ = ("_at_s", "_value")

    def __init__(self) -> None:
        self._value: float | None = None
        self._at_s = 0.0

    def saw(self, value: float, now_s: float) -> None:
        known = self.value(now_s)
        self._value = value if known is None else known + WEIGHT_OF_LAST * (value - known)
        self._at_s = now_s

    def value(self, now_s: float) -> float | None:
        """The average now; None where nothing was seen lately."""
        return self._value if self._value is not None and now_s - self._at_s < OBSERVED_S else None


class Speed:
    """Seconds to the first byte of streams, and for each output token of whole answers."""

    __slots__ = ("first_byte_s", "token_s")

    def __init__(self) -> None:
        self.first_byte_s = Average()
        self.token_s = Average()

    def answered(self, elapsed_s: float, output_tokens: int | None, now_s: float) -> None:
        """Note a whole answer; one of an unknown length says nothing."""
        if output_tokens is not None:
            self.token_s.saw(elapsed_s / max(output_tokens, FEWEST_TOKENS), now_s)

    def seen(self, now_s: float) -> tuple[float | None, float | None]:
        """Return both averages, each None where nothing was seen lately."""
        return self.first_byte_s.value(now_s), self.token_s.value(now_s)

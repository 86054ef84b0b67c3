"""Token buckets on a clock that only the test moves."""

from metering.rates.port import Draw, Drawn
from metering.rates.process_buckets import ProcessBuckets


class CountedBuckets(ProcessBuckets):
    """Knows how often it was asked."""

    def __init__(self) -> None:
        self.now_s = 1_000.0
        super().__init__(clock=lambda: self.now_s)
        self.asked = 0

    async def take(self, draws: tuple[Draw, ...], shadow_draws: tuple[Draw, ...] = ()) -> Drawn:
        self.asked += 1
        return await super().take(draws, shadow_draws)

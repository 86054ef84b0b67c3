"""Redis's buckets while Redis answers, this process's own while it does not."""

from collections.abc import Callable

from metering.rates.port import Draw, Drawn
from metering.rates.process_buckets import ProcessBuckets
from metering.rates.redis_buckets import BucketsAway, RedisBuckets


class SharedBuckets:
    """Implements Buckets. No call waits for a Redis that is known to be away.

    While it is away every process allows the whole rate by itself: N processes allow up to N times as much.
    Its own buckets start full. Money and quotas are the ledger's and do not depend on any of this.
    """

    def __init__(
        self,
        redis: RedisBuckets,
        own: ProcessBuckets | None = None,
        *,
        on_fallback: Callable[[], None] = lambda: None,
    ) -> None:
        self._redis = redis
        self._own = own or ProcessBuckets()
        self._on_fallback = on_fallback
        """Counts the calls that this process decides by itself."""

    @property
    def is_shared(self) -> bool:
        """Whether the processes share their buckets now."""
        return self._redis.is_reachable

    async def take(self, draws: tuple[Draw, ...], shadow_draws: tuple[Draw, ...] = ()) -> Drawn:
        """Take all or nothing (see Buckets)."""
        if self._redis.is_reachable:
            try:
                return await self._redis.take(draws, shadow_draws)
            except BucketsAway:
                pass
        self._on_fallback()
        return self._own.take_now(draws, shadow_draws)

    def correct(self, draws: tuple[Draw, ...], *, shared: bool) -> None:
        """Take more or give back where the call took (see Buckets)."""
        if shared:
            self._redis.correct(draws)
        else:
            self._own.correct(draws)

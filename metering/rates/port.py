"""How services see the buckets, and what they ask of them."""

from typing import NamedTuple, Protocol

MOST_USED = 2
"""Times `per_minute`: a correction takes a bucket at most one bucket below empty, so that nobody waits for longer than
two minutes. What was used beyond that is the ledger's to charge."""


class Draw(NamedTuple):
    """What one call takes from one bucket."""

    key: str
    units: int
    """Requests or tokens; at most `per_minute`, since more would never be granted. A correction may be negative."""
    per_minute: int
    """The bucket's size, and its refill in a minute."""
    is_rolling: bool = False
    """Whether the limit is on what any minute sees, as vendors count it (process_windows.py), and not a bucket that
    refills. The draws of one call are all of the same kind.
    """


class Level(NamedTuple):
    """A bucket after it was asked."""

    used: float
    """Units that have not been refilled; up to twice `per_minute` where a correction took the bucket below empty."""
    per_minute: int

    @property
    def remaining(self) -> int:
        """Whole units that could be taken now."""
        return max(0, int(self.per_minute - self.used))

    @property
    def full_in_s(self) -> float:
        """Seconds until the bucket is full again."""
        return self.used / self.per_minute * 60

    def wait_s(self, units: int) -> float:
        """Seconds until `units` can be taken, if nobody else takes any."""
        return max(0.0, (self.used + units - self.per_minute) / self.per_minute * 60)


class ShadowDrawn(NamedTuple):
    """What a bucket of a limit in shadow said: one that has too little denies nothing, and gives nothing."""

    granted: bool
    level: Level


class Drawn(NamedTuple):
    """Whether a call got what it demanded: all of it, or nothing."""

    granted: bool
    levels: tuple[Level, ...]
    """Along the draws: after the call took its part, or as they are where it was denied."""
    shared: bool
    """Whether all processes' buckets were asked, or only this one's."""
    shadows: tuple[ShadowDrawn, ...] = ()
    """Along the shadow draws; empty where the call was denied, because then none is asked."""
    waits_s: tuple[float, ...] = ()
    """Along rolling draws, which have no levels: seconds until there is room."""


class Buckets(Protocol):
    """The buckets of all rate limits, by key. They are drawn from, refill by the minute, and are corrected."""

    async def take(self, draws: tuple[Draw, ...], shadow_draws: tuple[Draw, ...] = ()) -> Drawn:
        """Take every draw's units, or, if one bucket has too few, none.

        If they were taken, take the shadow draws too: of each bucket by itself, if it has enough.
        """
        ...

    def correct(self, draws: tuple[Draw, ...], *, shared: bool) -> None:
        """Take more (or, with negative units, give back) without asking; `shared` as it was in the answer.

        However much more it is, the bucket is at most one bucket below empty then (`MOST_USED`).
        Returns at once, and never fails: a correction that is lost is made good by the refill.
        """
        ...

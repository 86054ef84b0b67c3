"""What this process knows about changes in the database, and who is told of them.

A change belongs to one tenant, or to all of them (the catalog, plans, gateway-wide rules).
"""

import math
import time
from collections.abc import Callable
from uuid import UUID

DEAF_AFTER_S = 1.0
"""How long it may be taken for granted that there was no change of which nothing was heard."""
Tenants = frozenset[UUID] | None
"""Whose rows changed; None: everybody's."""
Drop = Callable[[Tenants], None]


class Changes:
    """Tells its followers what to drop. Without a listener that feeds it, it is deaf. For one event loop."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._followers: list[Drop] = []
        self.quiet_until_s = -math.inf
        """Monotonic time until which what was read stays good, unless it is dropped."""

    @property
    def is_listening(self) -> bool:
        """Whether a change would be heard of."""
        return self.clock() < self.quiet_until_s

    @property
    def fell_silent(self) -> bool:
        """Whether changes were heard of once and are no more."""
        return self.quiet_until_s > -math.inf and not self.is_listening

    def follow(self, drop: Drop) -> None:
        """Call `drop` at every change."""
        self._followers.append(drop)

    def complete_up_to(self, moment_s: float) -> None:
        """Every change that was committed before this moment (monotonic) has been told."""
        self.quiet_until_s = moment_s + DEAF_AFTER_S

    def tell(self, tenants: Tenants) -> None:
        """Tell all followers that something changed."""
        for drop in self._followers:
            drop(tenants)

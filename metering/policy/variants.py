"""Chooses the policy of a moment where rules have conditions. Pure.

One policy is compiled for each set of conditions that holds together. Calendars are looked at once a minute, because
they change on whole minutes. The caller says how much of watched budgets is taken (see calls/cached_use.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from metering.ledger.commands import MeterKey
from metering.policy.values import EffectivePolicy, MeterLimit, MeterLimits
from metering.rules.conditions import Condition, minute_of

MAX_COMPILED = 256
Compile = Callable[[frozenset[Condition]], EffectivePolicy]


class Watched(NamedTuple):
    """A meter whose use a condition is about."""

    meter: MeterKey
    limit: MeterLimit
    counts_since: datetime


class ConditionalPolicies:
    """Implements Variants: the policies of one subject and task, compiled as they are needed."""

    def __init__(self, conditions: frozenset[Condition], limits: MeterLimits, compile_: Compile) -> None:
        """`compile_` compiles the policy of the conditions that hold; `limits` are the subject's budgets.

        A condition about a budget that is not among them never holds.
        """
        self._about_use = any(condition.use is not None for condition in conditions)
        self._watched = {condition: _watched(condition, limits) for condition in conditions}
        self._compile = compile_
        self._compiled: dict[frozenset[Condition], EffectivePolicy] = {}
        self._minute = -1
        self._in_time: frozenset[Condition] = frozenset()
        self.meters: Mapping[MeterKey, datetime] = {
            watched.meter: watched.counts_since for each in self._watched.values() for watched in each
        }
        """The meters whose use decides, and since when every call has counted on each."""

    def at(self, now: datetime, taken: Mapping[MeterKey, int]) -> EffectivePolicy:
        """Return the policy at `now`. `taken` is what is used and held on each meter; one that it lacks has nothing."""
        minute = minute_of(now)
        if minute != self._minute:
            self._in_time = frozenset(condition for condition in self._watched if condition.holds_at(now))
            self._minute = minute
        holding = self._in_time
        if self._about_use:
            holding = frozenset(condition for condition in holding if self._is_reached(condition, taken, now))
        policy = self._compiled.get(holding)
        if policy is None:
            policy = replace(self._compile(holding), variants=self)
            if len(self._compiled) < MAX_COMPILED:
                self._compiled[holding] = policy
        return policy

    def _is_reached(self, condition: Condition, taken: Mapping[MeterKey, int], now: datetime) -> bool:
        use = condition.use
        return use is None or any(
            use.reached_by(taken.get(watched.meter, 0), watched.limit.limit_at(now))
            for watched in self._watched[condition]
        )


def _watched(condition: Condition, limits: MeterLimits) -> tuple[Watched, ...]:
    use = condition.use
    if use is None:
        return ()
    return tuple(
        Watched(limit.meter, limit, limit.counts_since)
        for limit in limits
        if not limit.only_counts
        and limit.meter.dimension is use.dimension
        and limit.meter.window is use.window
        and use.scope in (None, limit.scope)
    )

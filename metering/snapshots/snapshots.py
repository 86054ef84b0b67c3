"""Database answers kept in process memory until they change, so that a warm request asks no database.

While the process hears of changes (changes.py), an answer lives until one concerns it. While it is deaf,
an answer lives a second.
"""

import asyncio
import copy
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, ParamSpec, TypeVar
from uuid import UUID

from django.db import InterfaceError, OperationalError

from metering.errors import MeteringError, MeteringUnavailable, Overloaded
from metering.orm import in_database_thread
from metering.snapshots.changes import DEAF_AFTER_S, Changes, Tenants
from metering.snapshots.kept import Kept, keep

P = ParamSpec("P")
T = TypeVar("T")

LIFE_S = 300.0
"""Of an answer that nothing is heard about: a safety net only."""
REFUSAL_LIFE_S = 5.0
"""Of a refusal (unknown token, no such team), which is also dropped by any change at all."""
LAST_KNOWN_S = 3_600.0
"""How long after the database was last heard an answer may still be used by who is let in without it."""
SILENT_S = 10.0
"""How long a read is waited for that a database does not answer which was heard before and is no more: one that is
frozen, or behind a cut cable, never says that it is away.
"""
MAX_ENTRIES = 10_000
MAX_REFUSALS = 1_000
MAX_READS = 1_000
"""Reads that wait or run at once. More are refused: a flood of bad tokens must not queue up here."""


@dataclass(frozen=True, slots=True)
class _Reading(Generic[T]):
    """A read that is under way."""

    task: asyncio.Task[T]
    began_s: float


class Snapshots(Generic[P, T]):
    """A sync database function's answers by key: bounded, each read once until it changes.

    Calls that miss at the same time share one read. An answer whose read began before a change was heard of is
    not kept. Refusals (MeteringError) are kept for a short while, other errors never. For one event loop.
    """

    def __init__(
        self,
        load: Callable[P, T],
        *,
        changes: Changes | None = None,
        tenant_of: Callable[[T], UUID | None] = lambda value: None,
        until_of: Callable[[T], datetime | None] = lambda value: None,
        max_entries: int = MAX_ENTRIES,
        silent_s: float = SILENT_S,
    ) -> None:
        """`tenant_of`: the tenant whose changes concern an answer besides those that concern everybody.

        `silent_s`: how long a database that says nothing is waited for, where there is an older answer to go on with.

        `until_of`: when an answer ends by itself, by the calendar, such as at the next price.
        """
        self._load = load
        self._changes = changes or Changes()
        self._clock = self._changes.clock
        self._tenant_of = tenant_of
        self._until_of = until_of
        self._max_entries = max_entries
        self._silent_s = silent_s
        self._entries: dict[Hashable, Kept[T]] = {}
        self._refusals: dict[Hashable, Kept[MeteringError]] = {}
        self._reading: dict[Hashable, _Reading[T]] = {}
        self._running = 0
        self._generation = 0
        self._changes.follow(self.drop)

    async def get(self, key: Hashable, *args: P.args, **kwargs: P.kwargs) -> T:
        """The answer for `key`, as kept, else the function's for these arguments.

        Raises what the function raises, MeteringUnavailable while the database is away, and Overloaded.
        """
        entry = self._entries.get(key)
        if entry is not None and self._is_good(entry):
            return entry.value
        refusal = self._refusals.get(key)
        if refusal is not None and self._is_good(refusal):
            raise copy.copy(refusal.value)  # one that is raised twice would keep both callers' frames alive
        reading = self._reading.get(key) or self._read(key, *args, **kwargs)
        return await self._answer_of(reading, self._silent_s if entry is not None else SILENT_S)

    def peek(self, key: Hashable) -> T | None:
        """The answer for `key` if it is kept and good; asks no database."""
        entry = self._entries.get(key)
        return entry.value if entry is not None and self._is_good(entry) else None

    def last_known(self, key: Hashable) -> T | None:
        """The answer for `key` as it was when this process last heard of the database, if that is not too long ago.

        For who goes on while the database is away. An answer that ends by the calendar has ended.
        """
        entry = self._entries.get(key)
        return entry.value if entry is not None and self._is_last_known(entry) else None

    def all_last_known(self) -> Iterator[T]:
        """Every answer that `last_known` would give."""
        return (entry.value for entry in self._entries.values() if self._is_last_known(entry))

    async def _answer_of(self, reading: "_Reading[T]", silent_s: float) -> T:
        # Others wait for the same task: one of them going away must not cancel it.
        while not reading.task.done():
            left_s = reading.began_s + silent_s - self._clock()
            if left_s > 0:
                await asyncio.wait({reading.task}, timeout=left_s)
            elif self._changes.fell_silent:
                raise MeteringUnavailable("The database does not answer.")
            else:
                await asyncio.wait({reading.task}, timeout=silent_s)
        return reading.task.result()

    def _is_last_known(self, entry: Kept[T]) -> bool:
        if entry.until is not None and datetime.now(UTC) >= entry.until:
            return False
        return self._clock() < max(entry.read_s, self._changes.quiet_until_s) + LAST_KNOWN_S

    def drop(self, tenants: Tenants) -> None:
        """Forget what a change concerns, and keep nothing that is being read right now."""
        self._generation += 1
        self._reading.clear()
        self._refusals.clear()
        if tenants is None:
            self._entries.clear()
        elif self._entries:
            stale = [key for key, entry in self._entries.items() if entry.tenant_id in tenants]
            for key in stale:
                del self._entries[key]

    def clear(self) -> None:
        """Forget everything: the next call of each key reads the database."""
        self.drop(None)

    def _is_good(self, entry: Kept[T] | Kept[MeteringError]) -> bool:
        now_s = self._clock()
        if now_s >= entry.ends_s:
            return False
        if now_s >= self._changes.quiet_until_s and now_s >= entry.read_s + DEAF_AFTER_S:
            return False
        return entry.until is None or datetime.now(UTC) < entry.until

    def _read(self, key: Hashable, *args: P.args, **kwargs: P.kwargs) -> "_Reading[T]":
        if self._running >= MAX_READS:
            raise Overloaded(f"{MAX_READS} callers wait for the database already.")
        self._running += 1
        task = asyncio.create_task(self._read_now(key, *args, **kwargs), name="snapshot.read")
        self._reading[key] = reading = _Reading(task, self._clock())
        task.add_done_callback(lambda _: self._ended(key, reading))
        return reading

    def _ended(self, key: Hashable, reading: "_Reading[T]") -> None:
        self._running -= 1
        if self._reading.get(key) is reading:
            del self._reading[key]
        if not reading.task.cancelled():
            reading.task.exception()  # it may be that nobody waits any more

    async def _read_now(self, key: Hashable, *args: P.args, **kwargs: P.kwargs) -> T:
        # An entry's life starts before the database is read, so that it is never older than it says.
        read_s, generation = self._clock(), self._generation
        try:
            value = await in_database_thread(self._load, *args, **kwargs)
        except (OperationalError, InterfaceError) as error:
            raise MeteringUnavailable("The database cannot be reached.") from error
        except MeteringUnavailable:
            raise
        except MeteringError as refusal:
            if generation == self._generation:
                kept = copy.copy(refusal)
                keep(
                    self._refusals, key, Kept(kept, read_s, read_s + REFUSAL_LIFE_S, None, None), MAX_REFUSALS
                )
            raise
        if generation == self._generation:
            entry = Kept(value, read_s, read_s + LIFE_S, self._until_of(value), self._tenant_of(value))
            keep(self._entries, key, entry, self._max_entries)
        return value

"""What a process knows of open circuits and resting keys: what it found out itself and what others told it.

Pure but for the clock: `sharing.py` takes the changes from here to Redis and brings back those of others. An entry is

- open (or resting) until its time is over;
- then, if it is a circuit, half-open: one call with a permit may try it, and decides;
- gone once a call has succeeded there, or, of a rest, when its time is over.
"""

import time
from collections.abc import Callable, Mapping

from msgspec import Struct

from providers.routing.place import Kind, Place

MAX_ENTRIES = 10_000
"""Beyond which the oldest go."""
FORGOTTEN_AFTER_S = 600.0
"""A circuit that nobody has tried for so long after its time is closed."""
PERMIT_S = 60.0
"""How long one process alone may try a half-open circuit: a call that takes longer leaves it to the next one."""
GIVEN_S = 0.5
"""How long a call that was ordered to try a circuit may take to begin; one that is refused before never does."""
ASK_AGAIN_S = 1.0
"""After another process got the permit."""


class Entry(Struct, kw_only=True):
    """Why a place is not asked first, and until when (in seconds of the board's clock)."""

    since_s: float
    """Calls that began before tell nothing new."""
    until_s: float
    times: int = 1
    """How often it has opened without having been closed."""
    status: int = 0
    """The HTTP status that was the reason; 0: there was none."""
    stamp: int = 0
    """Which opening this is, over all processes; 0: not shared yet."""
    permit_until_s: float = 0.0
    """Until when this process may try a half-open circuit, with one call; 0: it may not."""
    ask_from_s: float = 0.0
    """When a permit may be asked for."""
    given_until_s: float = 0.0
    """A call was ordered there on this permit, and has until then to begin."""
    is_used: bool = False
    """Whether a call has taken the key for that."""
    trier: object = None
    """That call, once it has begun."""

    def give_back(self) -> None:
        """Let another call be chosen to try the circuit."""
        self.given_until_s, self.is_used, self.trier = 0.0, False, None

    def is_permitted(self, now_s: float) -> bool:
        """Whether this process may try the circuit, with one call."""
        return self.until_s <= now_s < self.permit_until_s

    def is_free(self, now_s: float) -> bool:
        """Whether this process may try the circuit, and no call has been chosen for that."""
        is_chosen = self.is_used or self.trier is not None or now_s < self.given_until_s
        return self.is_permitted(now_s) and not is_chosen


class Board:
    """Everything that one process knows of circuits and rests, by place. For one event loop."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, *, max_entries: int = MAX_ENTRIES
    ) -> None:
        self.now = clock
        self._max_entries = max_entries
        self.entries: dict[Place, Entry] = {}
        self.changed: dict[Place, Entry | None] = {}
        """What others are to be told; None: it is gone. At most one for each place, and bounded as the entries are."""
        self.wanted: dict[Place, None] = {}
        """Half-open circuits that this process would try."""
        self.is_shared = False
        """Whether somebody carries the changes to others. Nobody else grants permits while not."""
        self.on_change: Callable[[], None] = lambda: None
        self.on_permit: Callable[[Place, Entry], None] = lambda place, entry: None

    def get(self, place: Place) -> Entry | None:
        """The entry, unless its time has passed for good."""
        entry = self.entries.get(place)
        if entry is not None and is_over(place, entry.until_s, self.now()):
            self.remove(place)
            return None
        return entry

    def put(self, place: Place, for_s: float, *, times: int = 1, status: int = 0) -> Entry:
        """Open the place from now on for so long, and tell others."""
        now_s = self.now()
        entry = Entry(since_s=now_s, until_s=now_s + for_s, times=times, status=status)
        self._keep(place, entry)
        self._tell(place, entry)
        return entry

    def remove(self, place: Place) -> None:
        """Take the entry of a place away, for other processes too."""
        if self.entries.pop(place, None) is not None:
            self._tell(place, None)

    def want_permit(self, place: Place) -> None:
        """Ask to be the one that tries a half-open circuit; alone, this process is."""
        entry = self.entries.get(place)
        if entry is None or entry.ask_from_s > self.now():
            return
        if not self.is_shared:
            self.permit(place, granted=True)
        elif place not in self.wanted:
            self.wanted[place] = None
            self.on_change()

    def permit(self, place: Place, *, granted: bool) -> None:
        """Note whether this process is the one that may try the circuit."""
        entry, now_s = self.entries.get(place), self.now()
        if entry is None or entry.until_s > now_s:
            return
        if not granted:
            entry.ask_from_s = now_s + ASK_AGAIN_S
            return
        entry.permit_until_s = entry.ask_from_s = now_s + PERMIT_S
        entry.give_back()
        self.on_permit(place, entry)

    def learn(self, told: Mapping[Place, Entry]) -> None:
        """Take over all that processes share now. What was shared and is not any more is over."""
        for place in [place for place, entry in self.entries.items() if entry.stamp and place not in told]:
            if place not in self.changed:
                del self.entries[place]
        for place, entry in told.items():
            known = self.entries.get(place)
            if place not in self.changed and (known is None or known.stamp != entry.stamp):
                self._keep(place, entry)

    def share_all(self) -> None:
        """Tell other processes everything anew, because what was shared may be lost."""
        for place, entry in self.entries.items():
            entry.stamp = 0
            self.changed.setdefault(place, entry)

    def _keep(self, place: Place, entry: Entry) -> None:
        self.entries.pop(place, None)
        while len(self.entries) >= self._max_entries:
            self.remove(next(iter(self.entries)))
        self.entries[place] = entry

    def _tell(self, place: Place, entry: Entry | None) -> None:
        self.changed.pop(place, None)
        while len(self.changed) >= self._max_entries:
            del self.changed[next(iter(self.changed))]
        self.changed[place] = entry
        self.on_change()


def is_over(place: Place, until_s: float, now_s: float) -> bool:
    """Whether an entry means nothing any more."""
    life_s = FORGOTTEN_AFTER_S if place.kind is Kind.CIRCUIT else 0.0
    return until_s + life_s <= now_s

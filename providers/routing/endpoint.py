"""The keys of one provider and owner on the board: which rest, which fail, and what stands against a call there."""

from collections.abc import Sequence
from typing import NamedTuple

from providers.routing.board import GIVEN_S, Board, Entry
from providers.routing.place import EVERY_KEY, EVERY_MODEL, Kind, Place


class Standing(NamedTuple):
    """Whether a model can be asked for now."""

    until_s: float | None
    """When what stands against it is over, which may have been already; None: nothing does."""
    half_open: tuple[Place, ...] = ()
    """Circuits that have to be tried first. Empty where something else stands against it too."""


FREE = Standing(None)


class Endpoint:
    """One provider as one owner's keys reach it."""

    __slots__ = ("board", "owner", "provider", "tags")

    def __init__(self, board: Board, provider: str, owner: str, tags: Sequence[str]) -> None:
        """`tags` are those of its keys, in their order."""
        self.board = board
        self.provider = provider
        self.owner = owner
        self.tags = tuple(tags)

    def circuit(self, model: str, tag: str) -> Place:
        """Where calls of a model with a key fail; both empty: where nothing reaches the provider at all."""
        return Place(Kind.CIRCUIT, self.provider, self.owner, model, tag)

    def rest_of(self, model: str, tag: str) -> Place:
        """Where the vendor refuses a key for a model, or for all of them."""
        return Place(Kind.REST, self.provider, self.owner, model, tag)

    def rest(self, tag: str, model: str, for_s: float, status: int) -> None:
        """Let a key rest, so that others are asked before it."""
        self.board.put(self.rest_of(model, tag), for_s, status=status)

    def rests_until(self, tag: str, model: str) -> tuple[float, int] | None:
        """When a key is back for a model, and the status for which it rests; None: it does not rest."""
        if not self.board.entries:
            return None
        found = [self.board.get(self.rest_of(of, tag)) for of in (model, EVERY_MODEL)]
        return max([(rest.until_s, rest.status) for rest in found if rest is not None], default=None)

    def may_try_from(self, tag: str, model: str) -> float | None:
        """When a call with this key may try its circuit; None: now, because it is closed, or on a permit which it then
        has used.
        """
        entry = self.board.get(self.circuit(model, tag)) if self.board.entries else None
        if entry is None:
            return None
        now_s = self.board.now()
        if entry.is_permitted(now_s) and not entry.is_used:
            entry.is_used = True
            return None
        if entry.until_s <= now_s:
            self.board.want_permit(self.circuit(model, tag))
        return entry.until_s

    def standing(self, model: str) -> Standing:
        """What stands against a call of this model: what does against the provider, and against each of its keys."""
        if not self.board.entries:
            return FREE
        wide = self._against((self.circuit(EVERY_MODEL, EVERY_KEY),))
        keys = [self._against(self._places(model, tag)) for tag in self.tags]
        best = min(keys, key=lambda against: (bool(against), max(against.values(), default=0.0)))
        against = wide | best
        if not against:
            return FREE
        now_s = self.board.now()
        to_try = all(place.kind is Kind.CIRCUIT and until_s <= now_s for place, until_s in against.items())
        return Standing(max(against.values()), tuple(against) if to_try else ())

    def give_permit(self, model: str) -> None:
        """The next call of this model is the one that tries what is half-open on its way, with one key at most."""
        now_s = self.board.now()
        wide, *keys = self._circuits(model)
        to_try = [entry for entry in keys if entry is not None and entry.is_free(now_s)][:1]
        for entry in (wide, *to_try):
            if entry is not None and entry.is_free(now_s):
                entry.given_until_s = now_s + GIVEN_S

    def given(self, model: str) -> tuple[Entry, ...]:
        """The half-open circuits on the way that a call was ordered to try which has not begun yet."""
        now_s = self.board.now()
        circuits = [entry for entry in self._circuits(model) if entry is not None and entry.trier is None]
        return tuple(
            [entry for entry in circuits if now_s < entry.given_until_s and entry.is_permitted(now_s)]
        )

    def _circuits(self, model: str) -> list[Entry | None]:
        """Return the entry of the circuit on the way to the provider, then of each key's; None: it is closed."""
        places = self.circuit(EVERY_MODEL, EVERY_KEY), *[self.circuit(model, tag) for tag in self.tags]
        return [self.board.get(place) for place in places]

    def _places(self, model: str, tag: str) -> tuple[Place, ...]:
        return self.circuit(model, tag), self.rest_of(model, tag), self.rest_of(EVERY_MODEL, tag)

    def _against(self, places: Sequence[Place]) -> dict[Place, float]:
        now_s = self.board.now()
        found = [(place, entry) for place in places if (entry := self.board.get(place)) is not None]
        return {place: entry.until_s for place, entry in found if not entry.is_free(now_s)}

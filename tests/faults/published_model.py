"""One reservation as the state table of docs/ledger.md says it behaves, and whether a history agrees with it.

Independent of the engine: every answer is looked up in the published table.
"""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from metering.ledger.commands import Adjust, Command, Expire, Extend, Release, Reserve, Settle
from tests.unit.metering.ledger.state_table import published

CELLS = published()
ENDINGS = {"settled": "settled", "released": "released", "expired": "expired", "tombstone": "tombstone"}
Said = tuple[Command, str]
"""A command and the table's word for its answer."""


class Reservation(Struct, frozen=True):
    """A reservation's column in the table, and what tells a repeated command from another one."""

    state: str = "absent"
    reserved: Command | None = None
    ended: Command | None = None
    enlarged: int = 0
    adjusted: frozenset[Adjust] = frozenset()

    def after(self, command: Command) -> tuple[str, "Reservation"]:
        """The published answer, and the reservation afterwards."""
        word = CELLS[self._row(command), self.state]
        if word in ENDINGS:
            return word, replace(self, state=ENDINGS[word], ended=command)
        if word == "trued up":
            state = "nothing used" if isinstance(command, Release) else "trued up"
            return word, replace(self, state=state, ended=command)
        if word == "adjusted":
            assert isinstance(command, Adjust)
            return word, replace(self, adjusted=self.adjusted | {command})
        if word == "granted" and isinstance(command, Reserve):
            return word, replace(self, state="held", reserved=command)
        if word == "granted" and isinstance(command, Extend) and command.lines:
            return word, replace(self, enlarged=command.sequence)
        return word, self

    def _row(self, command: Command) -> str:
        match command:
            case Reserve():
                return "reserve, same body" if self.reserved in (None, command) else "reserve, other body"
            case Extend(lines=()):
                return "extend the lease"
            case Extend():
                again = command.sequence <= self.enlarged
                return "extend the amount, same number again" if again else "extend the amount"
            case Settle():
                return "settle, same body" if self.ended == command else "settle, other body"
            case Release():
                return "release"
            case Expire():
                return "expire"
            case Adjust():
                twin = next((one for one in self.adjusted if one.number == command.number), None)
                if twin is None:
                    return "adjust"
                return (
                    "adjust, same number and body" if twin == command else "adjust, same number, other body"
                )


def order_that_explains(said: Sequence[Said], start: Reservation) -> list[Reservation]:
    """Where some order of these commands, each at once, gives exactly these answers: how they may all have ended.

    Commands that overlap may take effect in any order, but in one order, and each at a single moment.
    """
    ends: set[Reservation] = set()
    seen: set[tuple[frozenset[int], Reservation]] = set()
    todo = [(frozenset(range(len(said))), start)]
    while todo:
        left, reservation = todo.pop()
        if (left, reservation) in seen:
            continue
        seen.add((left, reservation))
        if not left:
            ends.add(reservation)
        for place in left:
            command, word = said[place]
            expected, after = reservation.after(command)
            if expected == word:
                todo.append((left - {place}, after))
    return sorted(ends, key=lambda end: end.state)

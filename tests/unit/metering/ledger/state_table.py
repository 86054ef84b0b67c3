"""The published state table as data, the commands of its rows, and the word for an answer."""

from pathlib import Path

from msgspec.structs import replace

from metering.amounts import Amounts
from metering.ledger.commands import Adjust, Command, Expire, Extend, Release
from metering.ledger.results import Denied, Ended, Granted, Refused, Result
from metering.types import ReservationState
from tests.support import build
from tests.unit.metering.ledger import kit

DOCUMENT = Path(__file__).parents[4] / "docs" / "ledger.md"

SHARED = replace(kit.KEY, tenant_id=None)
"""A meter that Birch may name."""

COMMANDS: dict[str, Command] = {
    "reserve, same body": kit.reserve(),
    "reserve, other body": kit.reserve(kit.line(11)),
    "reserve, other tenant": kit.reserve(kit.line(meter=SHARED), tenant_id=build.BIRCH),
    "reserve late, same body": kit.late(),
    "reserve late, other body": kit.late(kit.line(11)),
    "extend the lease": Extend(reservation_id=kit.ID, lease_s=60),
    "extend the amount": Extend(
        reservation_id=kit.ID, lease_s=60, lines=(kit.line(5),), bound=Amounts(output_tokens=5), sequence=2
    ),
    "extend the amount, same number again": Extend(
        reservation_id=kit.ID, lease_s=60, lines=(kit.line(5),), sequence=1
    ),
    "extend the amount, number ahead": Extend(
        reservation_id=kit.ID, lease_s=60, lines=(kit.line(5),), sequence=3
    ),
    "settle, same body": kit.settle(6),
    "settle, other body": kit.settle(7),
    "release": Release(reservation_id=kit.ID, tenant_id=build.ALDER, reason="not sent"),
    "release, other tenant": Release(reservation_id=kit.ID, tenant_id=build.BIRCH),
    "expire": Expire(reservation_id=kit.ID),
    "adjust": kit.adjustment(number=2),
    "adjust, same number and body": kit.adjustment(3, number=1),
    "adjust, same number, other body": kit.adjustment(4, number=1),
}
"""Every reservation of the table was enlarged once (so 2 is next) and, once ended, corrected once."""


def published() -> dict[tuple[str, str], str]:
    """The document's table: (command, state) to the word in its cell."""
    rows = [
        [cell.strip() for cell in row.strip("|\n").split("|")]
        for row in DOCUMENT.read_text().split("<!-- state table:")[1].split("\n\n")[1].splitlines()
    ]
    states = rows[0][1:]
    return {(row[0], state): word for row in rows[2:] for state, word in zip(states, row[1:], strict=True)}


def word_for(command: Command, result: Result) -> str:
    """How the table calls this answer."""
    match result:
        case Refused():
            return result.reason.value
        case Denied():
            return "denied"
        case Granted() | Ended() if result.replayed:
            return "again"
        case Granted():
            return "granted"
        case Ended() if isinstance(command, Adjust):
            return "adjusted"
        case Ended() if isinstance(command, Release) and not result.meter_ids:
            return "tombstone"
        case Ended(state=ReservationState.EXPIRED) if not isinstance(command, Expire):
            return "trued up"
        case _:
            return result.state.name.lower()

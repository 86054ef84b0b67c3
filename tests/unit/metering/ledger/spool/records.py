"""Records of calls, as a process spools them."""

from uuid import UUID

from metering.amounts import Amounts
from metering.ids import uuid7
from metering.ledger.commands import Extend, Release, Reserve, Settle
from metering.ledger.spool.records import Begun, Booked, Enlarged, Record, Released, Settled
from metering.types import Dimension
from tests.support import build

COST = build.meter_key(Dimension.COST)
REQUESTS = build.meter_key(Dimension.REQUESTS)


def reserve(id_: UUID | None = None, *, cost: int = 10, limit: int = 1000) -> Reserve:
    """Of a call that may cost so much at most."""
    lines = build.line(COST, cost, limit), build.line(REQUESTS, 1, limit)
    return build.reserve(*lines, id_=id_ or uuid7(), bound=Amounts(cost_nano_usd=cost), lease_s=60)


def settle(id_: UUID, cost: int = 4) -> Settle:
    return build.settle(id_, attempts=(build.attempt(cost_nano_usd=cost),))


def release(id_: UUID) -> Release:
    return Release(reservation_id=id_, tenant_id=build.ALDER, reason="nothing was sent")


def enlarge(id_: UUID, cost: int = 5) -> Extend:
    lines = (build.line(COST, cost, 1000),)
    return Extend(reservation_id=id_, lease_s=60, lines=lines, bound=Amounts(cost_nano_usd=cost), sequence=1)


def story(id_: UUID) -> list[Record]:
    """Everything that can be said of one call."""
    return [
        Begun(reserve(id_)),
        Enlarged(enlarge(id_)),
        Settled(settle(id_)),
        Released(release(id_)),
        Booked(id_),
    ]

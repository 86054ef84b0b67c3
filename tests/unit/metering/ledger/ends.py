"""UnitOfWork with a reservation that is about to end."""

from metering.ledger.commands import Expire, Release
from metering.ledger.unit_of_work import UnitOfWork
from metering.types import ReservationState
from tests.support import build
from tests.unit.metering.ledger import kit

HELD, EXPIRED = ReservationState.HELD, ReservationState.EXPIRED
EXPIRE = Expire(reservation_id=kit.ID)
RELEASE = Release(reservation_id=kit.ID, tenant_id=build.ALDER)


def held(amount: int = 10, *, past: int = 0, flags: int = 0, **counts: int) -> UnitOfWork:
    """A reservation that holds on one meter, `past` of it beyond the limit."""
    work = kit.work_with(kit.meter(**{"held": amount, "unenforced": past, **counts}))
    work.holds[kit.ID] = kit.hold(HELD, amounts=[amount], unenforced=[past], flags=[flags])
    return work


def expired(amount: int = 10, *, flags: int = 0, past: int = 0, **counts: int) -> UnitOfWork:
    """The same, expired: charged its hold, or nothing where the budget says release."""
    work = kit.work_with(kit.meter(**{"used": 0 if flags else amount, "unenforced": past, **counts}))
    work.holds[kit.ID] = kit.hold(
        EXPIRED, provisional=True, amounts=[amount], unenforced=[past], flags=[flags]
    )
    return work


def counts(work: UnitOfWork) -> tuple[int, int, int, int]:
    meter = work.meters[kit.METER_ID]
    return meter.used, meter.held, meter.overrun, meter.unenforced

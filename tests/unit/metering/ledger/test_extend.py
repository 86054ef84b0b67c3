"""Extend: what is added to a hold, and what leaves it as it was."""

from dataclasses import replace
from datetime import timedelta

import msgspec

from metering.amounts import Amounts
from metering.ledger.commands import Extend, HoldLine
from metering.ledger.engine import apply
from metering.ledger.results import Denied, Granted, Reason, Refused
from metering.types import ReservationState
from tests.support import build
from tests.unit.metering.ledger import kit

LARGEST = 2**63 - 1
OTHER = msgspec.structs.replace(kit.KEY, subject_id="other")
LATER = kit.NOW + timedelta(minutes=1)


def extend(*lines: HoldLine, sequence: int = 1, **bound: int) -> Extend:
    return Extend(reservation_id=kit.ID, lease_s=60, lines=lines, bound=Amounts(**bound), sequence=sequence)


def test_an_enlargement_adds_to_the_reservations_own_line() -> None:
    work = kit.work_with(kit.meter(held=10, highest_limit=100))
    work.holds[kit.ID] = kit.hold(ReservationState.HELD, lease_expires_at=LATER)

    assert isinstance(apply(extend(kit.line(5), output_tokens=5), work), Granted)
    hold = work.holds[kit.ID]
    assert (hold.amounts, hold.version, hold.bound.output_tokens) == ([15], 2, 15)
    assert work.meters[kit.METER_ID].held == 15


def test_an_enlargement_stays_on_the_meter_of_the_hold_after_its_window_has_passed() -> None:
    work = kit.work_with(kit.meter(held=10), kit.meter(8), keys=(OTHER, kit.KEY))
    work.holds[kit.ID] = kit.hold(ReservationState.HELD, lease_expires_at=LATER)

    apply(extend(kit.line(5)), work)

    assert (work.meters[kit.METER_ID].held, work.meters[8].held) == (15, 0)


def test_an_enlargement_on_a_further_meter_becomes_a_further_line() -> None:
    work = kit.work_with(kit.meter(held=10), kit.meter(8, OTHER), keys=(kit.KEY, OTHER))
    work.holds[kit.ID] = kit.hold(ReservationState.HELD, lease_expires_at=LATER)

    apply(extend(kit.line(5, meter=OTHER, release_on_expiry=True)), work)

    hold = work.holds[kit.ID]
    assert (hold.meter_ids, hold.amounts, hold.unenforced, hold.flags) == ([7, 8], [10, 5], [0, 0], [0, 1])


def test_a_denied_enlargement_leaves_the_hold_as_it_was() -> None:
    work = kit.work_with(kit.meter(held=10))
    work.holds[kit.ID] = kit.hold(ReservationState.HELD, lease_expires_at=LATER)

    assert isinstance(apply(extend(kit.line(91)), work), Denied)
    assert work.holds[kit.ID] == kit.hold(ReservationState.HELD, lease_expires_at=LATER)
    assert work.changed_meters == set()


def test_a_bound_that_grows_past_bigint_is_refused() -> None:
    work = kit.work_with(kit.meter(held=10))
    full = Amounts(cost_nano_usd=LARGEST - 1)
    work.holds[kit.ID] = kit.hold(ReservationState.HELD, lease_expires_at=LATER, bound=full)
    before = replace(work, changed_meters=set())

    result = apply(extend(kit.line(5), cost_nano_usd=2), work)

    assert isinstance(result, Refused)
    assert result.reason is Reason.OUT_OF_RANGE
    assert work == before


def test_an_enlargement_on_another_tenants_meter_is_refused() -> None:
    work = kit.work_with()
    work.holds[kit.ID] = kit.hold(ReservationState.HELD, tenant_id=build.BIRCH, lease_expires_at=LATER)

    result = apply(extend(kit.line(5)), work)

    assert isinstance(result, Refused)
    assert result.reason is Reason.WRONG_TENANT

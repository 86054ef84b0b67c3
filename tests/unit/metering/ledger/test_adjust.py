"""Corrections: signed, numbered, never below what was charged, never on what is not settled yet."""

from copy import deepcopy

import msgspec
import pytest

from metering.ledger.commands import Adjust
from metering.ledger.engine import apply
from metering.ledger.results import Ended, Reason, Refused
from metering.ledger.unit_of_work import UnitOfWork
from metering.types import Dimension, EntryKind, ReservationState
from tests.unit.metering.ledger import kit

LARGEST = 2**63 - 1


def settled(**counts: int) -> UnitOfWork:
    """A reservation that was charged ten tokens."""
    work = kit.work_with(kit.meter(**{"used": 10, "highest_limit": 100, **counts}))
    work.holds[kit.ID] = kit.hold(ReservationState.SETTLED)
    work.past_entries[kit.ID] = [kit.entry(EntryKind.SETTLE, 10)]
    return work


def refusal(command: Adjust, work: UnitOfWork) -> Reason:
    """Why it was refused, having changed nothing."""
    before = deepcopy(work)
    result = apply(command, work)
    assert isinstance(result, Refused)
    assert work == before
    return result.reason


def test_a_correction_upwards_is_charged_and_declared_as_overrun() -> None:
    work = settled()
    result = apply(kit.adjustment(3), work)
    assert isinstance(result, Ended)
    assert result.charges == (3,)
    assert (work.meters[kit.METER_ID].used, work.meters[kit.METER_ID].overrun) == (13, 3)


def test_a_correction_downwards_gives_room_back() -> None:
    work = settled()
    apply(kit.adjustment(-10), work)
    assert (work.meters[kit.METER_ID].used, work.meters[kit.METER_ID].overrun) == (0, 0)


def test_no_correction_goes_below_what_was_charged() -> None:
    assert refusal(kit.adjustment(-11), settled(used=50)) is Reason.BELOW_ZERO


def test_earlier_corrections_count() -> None:
    work = settled(used=50)
    work.past_entries[kit.ID].append(kit.entry(EntryKind.ADJUST, -6, number=2))
    assert refusal(kit.adjustment(-5, number=2), work) is Reason.BELOW_ZERO
    assert isinstance(apply(kit.adjustment(-4, number=2), work), Ended)


def test_a_correction_cannot_take_from_a_dimension_that_counted_nothing() -> None:
    command = msgspec.structs.replace(kit.adjustment(0), cost_nano_usd=-1)
    assert refusal(command, settled()) is Reason.BELOW_ZERO


def test_a_correction_does_not_use_up_what_others_hold() -> None:
    work = settled(used=LARGEST - 12, held=10)
    assert refusal(kit.adjustment(3), work) is Reason.OUT_OF_RANGE
    assert isinstance(apply(kit.adjustment(2), work), Ended)


def test_a_sealed_month_is_closed_to_corrections() -> None:
    work = settled()
    work.sealed = frozenset({kit.ID})
    assert refusal(kit.adjustment(), work) is Reason.PERIOD_SEALED


def test_the_same_correction_of_a_sealed_month_is_known_again() -> None:
    work = settled()
    work.sealed = frozenset({kit.ID})
    work.past_entries[kit.ID].append(kit.entry(EntryKind.ADJUST, 3, number=2))
    result = apply(kit.adjustment(3), work)
    assert isinstance(result, Ended)
    assert result.replayed


@pytest.mark.parametrize(("vendor", "charge"), [("sandbox", 3), ("elsewhere", 0)])
def test_a_vendors_meter_is_corrected_only_for_its_own_calls(vendor: str, charge: int) -> None:
    work = settled()
    work.meters[kit.METER_ID].subject_type = "provider"
    work.meters[kit.METER_ID].subject_id = vendor
    result = apply(kit.adjustment(3), work)
    assert isinstance(result, Ended)
    assert result.charges == (charge,)


def test_a_vendors_meter_does_not_give_back_what_another_vendor_used() -> None:
    work = settled()
    work.meters[kit.METER_ID].subject_type = "provider"
    work.meters[kit.METER_ID].subject_id = "sandbox"
    work.past_entries[kit.ID] = [kit.entry(EntryKind.SETTLE, 10)]
    work.past_entries[kit.ID][0].charges[0] = 4
    assert refusal(kit.adjustment(-5), work) is Reason.BELOW_ZERO
    assert isinstance(apply(kit.adjustment(-4), work), Ended)


@pytest.mark.parametrize("dimension", Dimension)
def test_each_dimension_takes_its_own_part(dimension: Dimension) -> None:
    work = settled()
    work.meters[kit.METER_ID].dimension = dimension
    command = Adjust(
        reservation_id=kit.ID,
        number=1,
        reason="by hand",
        requests=1,
        input_tokens=2,
        output_tokens=3,
        cost_nano_usd=4,
        api_calls=5,
        files=6,
        steps=7,
    )
    expected = {"requests": 1, "input_tokens": 2, "output_tokens": 3, "tokens": 5, "cost": 4, "api_calls": 5,
                "files": 6, "steps": 7, "concurrency": 0}  # fmt: skip
    result = apply(command, work)
    assert isinstance(result, Ended)
    assert result.charges == (expected[dimension],)

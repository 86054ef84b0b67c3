"""Reserve: what is admitted, what is denied, and what the meters say afterwards."""

from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.ledger.commands import HoldLine
from metering.ledger.engine import apply
from metering.ledger.results import Denied, Granted, Reason, Refused
from metering.types import MAX_AMOUNT
from tests.unit.metering.ledger import kit

OTHER = msgspec.structs.replace(kit.KEY, subject_id="other")


def test_a_hold_takes_the_last_of_the_room() -> None:
    work = kit.work_with(kit.meter(used=60, held=30, highest_limit=100))

    assert isinstance(apply(kit.reserve(kit.line(10, 100)), work), Granted)
    assert work.meters[kit.METER_ID].held == 40


def test_one_more_than_the_room_is_denied_and_explained() -> None:
    work = kit.work_with(kit.meter(used=60, held=30))

    result = apply(kit.reserve(kit.line(11, 100)), work)

    assert isinstance(result, Denied)
    [denial] = result.denials
    assert (denial.line, denial.used, denial.held, denial.requested, denial.limit) == (0, 60, 30, 11, 100)
    assert denial.resets_at == work.meters[kit.METER_ID].window_end


def test_a_denial_on_the_last_meter_leaves_no_trace_on_the_first() -> None:
    work = kit.work_with(kit.meter(), kit.meter(8, OTHER, used=100), keys=(kit.KEY, OTHER))
    before = kit.work_with(kit.meter(), kit.meter(8, OTHER, used=100), keys=(kit.KEY, OTHER))

    assert isinstance(apply(kit.reserve(kit.line(), kit.line(meter=OTHER)), work), Denied)
    assert work == before


def test_every_line_without_room_is_named() -> None:
    work = kit.work_with(kit.meter(used=95), kit.meter(8, OTHER, used=100), keys=(kit.KEY, OTHER))

    result = apply(kit.reserve(kit.line(), kit.line(meter=OTHER)), work)

    assert isinstance(result, Denied)
    assert [denial.line for denial in result.denials] == [0, 1]


def test_an_amount_of_nothing_fits_a_full_meter_but_not_an_overdrawn_one() -> None:
    assert isinstance(apply(kit.reserve(kit.line(0)), kit.work_with(kit.meter(used=100))), Granted)
    assert isinstance(apply(kit.reserve(kit.line(0)), kit.work_with(kit.meter(used=101))), Denied)


def test_what_an_unenforced_line_admits_past_the_limit_is_declared() -> None:
    work = kit.work_with(kit.meter(used=95, highest_limit=100))

    assert isinstance(apply(kit.reserve(kit.line(10, 100, enforced=False)), work), Granted)
    assert work.meters[kit.METER_ID].unenforced == 5
    assert work.holds[kit.ID].unenforced == [5]


def test_only_this_lines_share_of_an_overdrawn_meter_is_declared() -> None:
    work = kit.work_with(kit.meter(used=120, unenforced=20, highest_limit=100))

    apply(kit.reserve(kit.line(10, 100, enforced=False)), work)

    assert work.holds[kit.ID].unenforced == [10]


@pytest.mark.parametrize(("limit", "highest"), [(80, 100), (100, 100), (101, 101)])
def test_a_limit_counts_from_the_next_call_on_and_the_highest_is_kept(limit: int, highest: int) -> None:
    work = kit.work_with(kit.meter(highest_limit=100))

    apply(kit.reserve(kit.line(10, limit)), work)

    assert work.meters[kit.METER_ID].highest_limit == highest


def test_a_denied_limit_is_not_remembered_as_the_highest() -> None:
    work = kit.work_with(kit.meter(used=300, highest_limit=100))

    apply(kit.reserve(kit.line(10, 200)), work)

    assert work.meters[kit.METER_ID].highest_limit == 100


def test_unenforced_amounts_stop_at_what_bigint_can_hold() -> None:
    full = kit.meter(used=MAX_AMOUNT, held=MAX_AMOUNT - 5, highest_limit=MAX_AMOUNT)

    result = apply(kit.reserve(kit.line(10, 0, enforced=False)), kit.work_with(full))

    assert isinstance(result, Refused)
    assert result.reason is Reason.OUT_OF_RANGE


def limits(amount: int, *caps: tuple[int, bool]) -> tuple[HoldLine, ...]:
    """Lines of several budgets on one meter: the limit, and whether it is enforced."""
    return tuple(
        kit.line(amount, limit, budget_id=UUID(int=number), enforced=enforced)
        for number, (limit, enforced) in enumerate(caps)
    )


def test_limits_on_one_meter_hold_one_amount() -> None:
    work = kit.work_with(kit.meter(used=10))

    result = apply(kit.reserve(*limits(10, (100, True), (50, True))), work)

    assert isinstance(result, Granted)
    assert [(balance.held, balance.limit) for balance in result.balances] == [(10, 100), (10, 50)]
    [hold] = work.inserted
    assert (hold.meter_ids, hold.amounts, hold.unenforced) == ([kit.METER_ID], [10], [0])
    assert (work.meters[kit.METER_ID].held, work.meters[kit.METER_ID].highest_limit) == (10, 100)


def test_each_limit_on_a_meter_can_deny_and_is_named() -> None:
    work = kit.work_with(kit.meter(used=45))

    result = apply(kit.reserve(*limits(10, (100, True), (50, True), (54, True))), work)

    assert isinstance(result, Denied)
    assert [(denial.line, denial.limit) for denial in result.denials] == [(1, 50), (2, 54)]


def test_a_hold_is_spared_at_its_expiry_only_if_every_limit_on_the_meter_says_so() -> None:
    for spared, flag in (((True, True), 1), ((True, False), 0)):
        work = kit.work_with()
        lines = [
            msgspec.structs.replace(line, release_on_expiry=spares)
            for line, spares in zip(limits(10, (100, True), (100, True)), spared, strict=True)
        ]
        apply(kit.reserve(*lines), work)
        assert work.inserted[0].flags == [flag]


@given(
    used=st.integers(0, 200),
    held=st.integers(0, 200),
    amount=st.integers(0, 200),
    caps=st.lists(st.tuples(st.integers(0, 400), st.booleans()), min_size=1, max_size=5),
)
def test_a_call_is_admitted_if_it_fits_every_enforced_limit_and_declares_what_goes_past_all(
    used: int, held: int, amount: int, caps: list[tuple[int, bool]]
) -> None:
    work = kit.work_with(kit.meter(used=used, held=held, unenforced=used + held))

    result = apply(kit.reserve(*limits(amount, *caps)), work)

    enforced = [limit for limit, is_enforced in caps if is_enforced]
    assert isinstance(result, Granted) == all(used + held + amount <= limit for limit in enforced)
    meter = work.meters[kit.METER_ID]
    if isinstance(result, Granted):
        past = min(amount, max(0, used + held + amount - max(limit for limit, _ in caps)))
        assert (meter.held, meter.unenforced) == (held + amount, used + held + past)
        assert meter.used + meter.held <= meter.highest_limit + meter.unenforced
    else:
        assert (meter.held, meter.unenforced) == (held, used + held)

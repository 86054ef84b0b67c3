"""A call that was let in while the ledger was away is denied nothing; what goes past an enforced limit is uncovered."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.ids import command_digest
from metering.ledger.engine import apply
from metering.ledger.records import UNCOVERED
from metering.ledger.results import Granted
from tests.unit.metering.ledger import kit


def test_it_is_the_same_body_as_a_reserve() -> None:
    assert command_digest(kit.late()) == command_digest(kit.reserve())


@given(
    used=st.integers(0, 200),
    held=st.integers(0, 200),
    amount=st.integers(0, 200),
    caps=st.lists(st.tuples(st.integers(0, 400), st.booleans()), min_size=1, max_size=5),
)
def test_it_is_always_granted_and_declares_what_goes_past_the_tightest_enforced_limit(
    used: int, held: int, amount: int, caps: list[tuple[int, bool]]
) -> None:
    work = kit.work_with(kit.meter(used=used, held=held, unenforced=used + held))
    lines = [
        kit.line(amount, limit, budget_id=UUID(int=number), enforced=enforced)
        for number, (limit, enforced) in enumerate(caps)
    ]

    assert isinstance(apply(kit.late(*lines), work), Granted)

    meter, [hold] = work.meters[kit.METER_ID], work.inserted
    enforced = [limit for limit, is_enforced in caps if is_enforced]
    deciding = min(enforced) if enforced else max(limit for limit, _ in caps)
    past = min(amount, max(0, used + held + amount - deciding))
    assert (meter.uncovered, meter.unenforced - used - held) == ((past, 0) if enforced else (0, past))
    assert (hold.unenforced, hold.flags) == ([past], [UNCOVERED if enforced else 0])
    assert meter.used + meter.held <= meter.highest_limit + meter.unenforced + meter.uncovered


@pytest.mark.parametrize(("used", "uncovered"), [(2, 0), (5, 0), (6, 1), (10, 5)])
def test_what_was_held_past_a_limit_and_not_used_is_taken_back(used: int, uncovered: int) -> None:
    work = kit.work_with(kit.meter(used=95))
    apply(kit.late(), work)
    assert work.meters[kit.METER_ID].uncovered == 5

    apply(kit.settle(used), work)

    meter = work.meters[kit.METER_ID]
    assert (meter.used, meter.held, meter.uncovered, meter.unenforced) == (95 + used, 0, uncovered, 0)

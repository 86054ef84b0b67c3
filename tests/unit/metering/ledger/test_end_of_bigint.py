"""Amounts that PostgreSQL could not count are refused, and never those that only end what is held."""

from copy import deepcopy

import pytest

from metering.ledger.engine import apply
from metering.ledger.results import Ended, Reason, Refused
from metering.ledger.unit_of_work import UnitOfWork
from tests.unit.metering.ledger import kit
from tests.unit.metering.ledger.ends import EXPIRE, counts, expired, held

LARGEST = 2**63 - 1


def test_a_settlement_leaves_the_room_that_others_hold() -> None:
    """What others hold must still fit when they expire, which nobody could refuse."""
    work = held(10, used=LARGEST - 100, held=90)
    before = deepcopy(work)

    result = apply(kit.settle(21), work)

    assert isinstance(result, Refused)
    assert result.reason is Reason.OUT_OF_RANGE
    assert work == before
    assert isinstance(apply(kit.settle(20), work), Ended)


@pytest.mark.parametrize("overrun", [0, LARGEST])
def test_a_hold_can_always_expire(overrun: int) -> None:
    work = held(10, used=LARGEST - 10, overrun=overrun)
    assert isinstance(apply(EXPIRE, work), Ended)
    assert counts(work) == (LARGEST, 0, overrun, 0)


def test_a_settlement_within_its_hold_does_not_need_room_for_overrun() -> None:
    assert isinstance(apply(kit.settle(10), held(10, overrun=LARGEST)), Ended)


@pytest.mark.parametrize("work", [held(overrun=LARGEST - 2), expired(overrun=LARGEST - 2)])
def test_overrun_past_bigint_is_refused_and_writes_nothing(work: UnitOfWork) -> None:
    before = deepcopy(work)

    result = apply(kit.settle(13), work)

    assert isinstance(result, Refused)
    assert result.reason is Reason.OUT_OF_RANGE
    assert work == before


def test_a_true_up_past_bigint_is_refused_and_writes_nothing() -> None:
    work = expired(used=LARGEST - 4, held=2)
    before = deepcopy(work)

    assert isinstance(apply(kit.settle(13), work), Refused)
    assert work == before

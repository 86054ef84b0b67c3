"""What the ledger is told of spooled calls."""

import pytest

from metering.ids import uuid7
from metering.ledger.commands import ReserveLate, Settle
from metering.ledger.spool.calls import calls_of
from metering.ledger.spool.records import Begun, Booked, Enlarged, Released, Renamed, Settled
from tests.unit.metering.ledger.spool.records import enlarge, release, reserve, settle

ID, OTHER = uuid7(), uuid7()


def test_of_a_call_that_it_knows_it_is_told_the_end() -> None:
    [call] = calls_of([Settled(settle(ID))]).values()
    assert list(call.commands()) == [settle(ID)]
    assert call.unseen_nano_usd == 0


@pytest.mark.parametrize(("used", "held"), [(4, 4), (15, 15), (40, 15)])
def test_of_one_that_it_does_not_know_it_is_told_what_that_used_at_most_what_it_might(
    used: int, held: int
) -> None:
    [call] = calls_of([Begun(reserve(ID)), Enlarged(enlarge(ID)), Settled(settle(ID, used))]).values()

    [late, end] = call.commands()

    assert isinstance(late, ReserveLate)
    assert [line.amount for line in late.lines] == [held, 1]
    assert (late.bound.cost_nano_usd, end) == (15, settle(ID, used))
    assert call.unseen_nano_usd == used


def test_one_whose_end_nobody_wrote_holds_all_that_it_may_have_used_and_is_the_sweepers() -> None:
    [call] = calls_of([Begun(reserve(ID)), Enlarged(enlarge(ID))]).values()

    [late] = call.commands()

    assert isinstance(late, ReserveLate)
    assert ([line.amount for line in late.lines], late.lease_s) == ([15, 1], 1)
    assert call.unseen_nano_usd == 15


def test_of_one_that_sent_nothing_it_is_told_that_alone() -> None:
    """It may have carried out its reserve, and the answer was lost."""
    [call] = calls_of([Begun(reserve(ID)), Released(release(ID))]).values()
    assert (list(call.commands()), call.unseen_nano_usd) == ([release(ID)], 0)


def test_the_first_end_counts() -> None:
    [call] = calls_of([Settled(settle(ID, 1)), Settled(settle(ID, 2)), Released(release(ID))]).values()
    assert list(call.commands()) == [settle(ID, 1)]


def test_what_is_booked_is_told_no_more() -> None:
    records = [Begun(reserve(ID)), Begun(reserve(OTHER)), Settled(settle(ID)), Booked(ID)]
    assert list(calls_of(records)) == [OTHER]


def test_a_call_that_was_renamed_is_told_under_its_new_name_alone() -> None:
    [call] = calls_of([Begun(reserve(ID)), Settled(settle(ID)), Renamed(ID, OTHER)]).values()
    late, end = call.commands()
    assert (late.reservation_id, end) == (OTHER, settle(OTHER))
    assert isinstance(end, Settle)

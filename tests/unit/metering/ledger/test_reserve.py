"""Reserve: what is admitted, what is denied, and what the meters say afterwards."""

from datetime import timedelta

import msgspec
import pytest

from metering.ledger.engine import apply
from metering.ledger.results import Denied, Granted, Reason, Refused
from metering.types import MAX_AMOUNT
from tests.unit.metering.ledger import kit

LARGEST = 2**63 - 1
OTHER = msgspec.structs.replace(kit.KEY, subject_id="other")
LATER = kit.NOW + timedelta(minutes=1)


def test_a_hold_takes_the_last_of_the_room() -> None:
    books = kit.books_with(kit.meter(used=60, held=30, highest_limit=100))

    assert isinstance(apply(kit.reserve(kit.line(10, 100)), books), Granted)
    assert books.meters[kit.METER_ID].held == 40


def test_one_more_than_the_room_is_denied_and_explained() -> None:
    books = kit.books_with(kit.meter(used=60, held=30))

    result = apply(kit.reserve(kit.line(11, 100)), books)

    assert isinstance(result, Denied)
    [denial] = result.denials
    assert (denial.line, denial.used, denial.held, denial.requested, denial.limit) == (0, 60, 30, 11, 100)
    assert denial.resets_at == books.meters[kit.METER_ID].window_end


def test_a_denial_on_the_last_meter_leaves_no_trace_on_the_first() -> None:
    books = kit.books_with(kit.meter(), kit.meter(8, OTHER, used=100), keys=(kit.KEY, OTHER))
    before = kit.books_with(kit.meter(), kit.meter(8, OTHER, used=100), keys=(kit.KEY, OTHER))

    assert isinstance(apply(kit.reserve(kit.line(), kit.line(meter=OTHER)), books), Denied)
    assert books == before


def test_every_line_without_room_is_named() -> None:
    books = kit.books_with(kit.meter(used=95), kit.meter(8, OTHER, used=100), keys=(kit.KEY, OTHER))

    result = apply(kit.reserve(kit.line(), kit.line(meter=OTHER)), books)

    assert isinstance(result, Denied)
    assert [denial.line for denial in result.denials] == [0, 1]


def test_an_amount_of_nothing_fits_a_full_meter_but_not_an_overdrawn_one() -> None:
    assert isinstance(apply(kit.reserve(kit.line(0)), kit.books_with(kit.meter(used=100))), Granted)
    assert isinstance(apply(kit.reserve(kit.line(0)), kit.books_with(kit.meter(used=101))), Denied)


def test_what_an_unenforced_line_admits_past_the_limit_is_declared() -> None:
    books = kit.books_with(kit.meter(used=95, highest_limit=100))

    assert isinstance(apply(kit.reserve(kit.line(10, 100, enforced=False)), books), Granted)
    assert books.meters[kit.METER_ID].unenforced == 5
    assert books.holds[kit.ID].unenforced == [5]


def test_only_this_lines_share_of_an_overdrawn_meter_is_declared() -> None:
    books = kit.books_with(kit.meter(used=120, unenforced=20, highest_limit=100))

    apply(kit.reserve(kit.line(10, 100, enforced=False)), books)

    assert books.holds[kit.ID].unenforced == [10]


@pytest.mark.parametrize(("limit", "highest"), [(80, 100), (100, 100), (101, 101)])
def test_a_limit_counts_from_the_next_call_on_and_the_highest_is_kept(limit: int, highest: int) -> None:
    books = kit.books_with(kit.meter(highest_limit=100))

    apply(kit.reserve(kit.line(10, limit)), books)

    assert books.meters[kit.METER_ID].highest_limit == highest


def test_a_denied_limit_is_not_remembered_as_the_highest() -> None:
    books = kit.books_with(kit.meter(used=300, highest_limit=100))

    apply(kit.reserve(kit.line(10, 200)), books)

    assert books.meters[kit.METER_ID].highest_limit == 100


def test_unenforced_amounts_stop_at_what_bigint_can_hold() -> None:
    full = kit.meter(used=MAX_AMOUNT, held=MAX_AMOUNT - 5, highest_limit=MAX_AMOUNT)

    result = apply(kit.reserve(kit.line(10, 0, enforced=False)), kit.books_with(full))

    assert isinstance(result, Refused)
    assert result.reason is Reason.OUT_OF_RANGE

from datetime import timedelta

import pytest

from metering.admission.denial import no_room_error
from metering.errors import (
    BudgetExceeded,
    BudgetReserved,
    IdempotencyAnswerLost,
    IdempotencyInProgress,
    IdempotencyMismatch,
    MeteringUnavailable,
    TransitionRefused,
)
from metering.ids import uuid7
from metering.ledger.results import LineDenial, Reason, Refused
from metering.reservation.no_room import NoRoom
from metering.reservation.refused import refusal_error
from metering.types import Dimension, ReservationState
from tests.fakes.allowance import NOW
from tests.fakes.policy import line


def denial(place: int, *, after_s: float | None, **fields: int) -> LineDenial:
    resets_at = None if after_s is None else NOW + timedelta(seconds=after_s)
    figures = {"used": 9, "held": 1, "requested": 2, "limit": 10, **fields}
    return LineDenial(line=place, resets_at=resets_at, **figures)


def error_of(*denials: LineDenial) -> BudgetExceeded:
    limits = (line(Dimension.REQUESTS, 10), line(Dimension.TOKENS, 10))
    error = no_room_error(NoRoom(limits, denials), NOW)
    assert isinstance(error, BudgetExceeded)
    return error


def test_retry_after_reaches_past_the_reset() -> None:
    error = error_of(denial(0, after_s=59.5))
    assert error.retry_after_s == 60
    assert error.reset_at == NOW + timedelta(seconds=59.5)


def test_the_limit_that_lasts_longest_is_named() -> None:
    error = error_of(denial(0, after_s=3_600), denial(1, after_s=60))
    assert error.usage.dimension == "requests"
    assert error_of(denial(0, after_s=3_600), denial(1, after_s=None)).usage.dimension == "tokens"


def test_a_total_lasts_longer_than_a_month_that_has_weeks_left() -> None:
    error = error_of(denial(0, after_s=20 * 86_400), denial(1, after_s=None))
    assert error.usage.dimension == "tokens"
    assert error.reset_at is None


def test_a_total_that_never_resets_says_so() -> None:
    error = error_of(denial(1, after_s=None))
    assert error.reset_at is None
    assert "resets" not in error.message


def test_a_call_that_never_fits_is_told_so() -> None:
    assert "larger than the whole budget" in error_of(denial(0, after_s=60, requested=11)).message


@pytest.mark.parametrize(
    ("used", "held", "requested", "kind"),
    [
        (8, 1, 2, BudgetReserved),
        (0, 10, 10, BudgetReserved),
        (9, 1, 2, BudgetExceeded),
        (9, 0, 2, BudgetExceeded),
        (0, 5, 11, BudgetExceeded),
    ],
)
def test_what_is_only_held_is_told_apart_from_what_is_used_up(
    used: int, held: int, requested: int, kind: type[Exception]
) -> None:
    short = denial(0, after_s=190_526, used=used, held=held, requested=requested)
    error = no_room_error(NoRoom((line(Dimension.REQUESTS, 10),), (short,)), NOW)
    assert type(error) is kind
    assert (error.retry_after_s == 1) is (kind is BudgetReserved)


def test_a_budget_that_is_used_up_is_named_before_one_that_is_only_held() -> None:
    held = denial(0, after_s=None, used=0, held=10)
    assert error_of(held, denial(1, after_s=60)).usage.dimension == "tokens"


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (Reason.KEY_IN_PROGRESS, IdempotencyInProgress),
        (Reason.KEY_ENDED, IdempotencyAnswerLost),
        (Reason.KEY_OTHER_BODY, IdempotencyMismatch),
        (Reason.LEASE_EXPIRED, MeteringUnavailable),
        (Reason.CANCELLED, TransitionRefused),
    ],
)
def test_refusals_become_errors(reason: Reason, expected: type[Exception]) -> None:
    refused = Refused(
        reservation_id=uuid7(), reason=reason, state=ReservationState.RELEASED, other_id=uuid7()
    )
    assert type(refusal_error(refused)) is expected

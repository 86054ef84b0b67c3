from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from gateway_project.http.errors import error_body
from metering.admission.denial import no_room_error
from metering.decisions.trace import refused_steps
from metering.errors import (
    BudgetExceeded,
    BudgetReserved,
    ConcurrencyExceeded,
    IdempotencyAnswerLost,
    IdempotencyInProgress,
    IdempotencyMismatch,
    LimitExceeded,
    MeteringUnavailable,
    TransitionRefused,
)
from metering.ids import uuid7
from metering.ledger.results import LineDenial, Reason, Refused
from metering.money import usd_text
from metering.reservation.no_room import NoRoom
from metering.reservation.refused import refusal_error
from metering.types import Dimension, ReservationState, Scope
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


SHARED_FIGURES = {
    "used": 7_000_000_111,
    "held": 2_000_000_222,
    "requested": 3_000_000_333,
    "limit": 9_000_000_444,
}


@pytest.mark.parametrize(
    ("dimension", "changes", "kind"),
    [
        (Dimension.COST, {}, BudgetExceeded),
        (Dimension.COST, {"used": 1_000_000_111}, BudgetReserved),
        (Dimension.COST, {"requested": 10_000_000_333}, BudgetExceeded),
        (Dimension.CONCURRENCY, {}, ConcurrencyExceeded),
    ],
    ids=["used up", "held", "too large", "calls at once"],
)
def test_a_denial_tells_no_figures_of_a_limit_that_tenants_share(
    dimension: Dimension, changes: dict[str, int], kind: type[LimitExceeded]
) -> None:
    own = line(dimension, 10)
    shared = replace(own, meter=msgspec.structs.replace(own.meter, tenant_id=None), scope=Scope.GLOBAL)
    figures = {**SHARED_FIGURES, **changes}
    error = no_room_error(NoRoom((shared,), (denial(0, after_s=60, **figures),)), NOW)
    assert type(error) is kind
    assert (error.usage.shared, error.usage.subject_id) == (True, None)
    assert error.usage.current == figures["used"], "operators are told, on the page of the refusal"
    for name in ("used", "held", "limit"):
        assert usd_text(figures[name]) not in error.message
        assert f"{figures[name]}" not in error.message
    [step] = refused_steps((), error.usage, NOW)
    assert step.shared
    told = error_body(error, "r-1")["error"]["usage"]
    assert [told[name] for name in ("current", "held", "limit")] == [None, None, None]


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

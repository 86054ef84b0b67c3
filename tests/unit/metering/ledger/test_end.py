"""Settle, release and expire: what a hold costs its meters in the end."""

from copy import deepcopy

import msgspec
import pytest

from metering.ledger.commands import Attempt, Command, Settle
from metering.ledger.engine import apply
from metering.ledger.records import RELEASE_ON_EXPIRY
from metering.ledger.results import Reason, Refused
from metering.ledger.use import UNPAID
from metering.types import Dimension, EntryKind, Outcome
from tests.support import build
from tests.unit.metering.ledger import kit
from tests.unit.metering.ledger.ends import EXPIRE, HELD, RELEASE, counts, expired, held


@pytest.mark.parametrize(("used", "overrun"), [(0, 0), (6, 0), (10, 0), (13, 3)])
def test_settling_charges_the_truth_and_declares_what_went_beyond_the_hold(used: int, overrun: int) -> None:
    work = held()
    apply(kit.settle(used), work)
    assert counts(work) == (used, 0, overrun, 0)


@pytest.mark.parametrize(("used", "unenforced"), [(10, 4), (8, 2), (6, 0), (0, 0), (12, 4)])
def test_what_was_not_used_first_takes_back_what_went_past_the_limit(used: int, unenforced: int) -> None:
    work = held(past=4)
    apply(kit.settle(used), work)
    assert counts(work)[3] == unenforced
    assert work.holds[kit.ID].unenforced == [unenforced]


def test_expiry_charges_the_hold() -> None:
    work = held()
    apply(EXPIRE, work)
    assert counts(work) == (10, 0, 0, 0)


def test_expiry_charges_nothing_where_the_budget_says_release() -> None:
    work = held(flags=RELEASE_ON_EXPIRY)
    apply(EXPIRE, work)
    assert counts(work) == (0, 0, 0, 0)


def test_concurrency_is_never_charged() -> None:
    for command in (EXPIRE, kit.settle()):
        work = held(1)
        work.meters[kit.METER_ID].dimension = Dimension.CONCURRENCY
        apply(command, work)
        assert counts(work) == (0, 0, 0, 0)


@pytest.mark.parametrize(("used", "after"), [(10, (10, 0)), (4, (4, 0)), (0, (0, 0)), (15, (15, 5))])
def test_a_late_truth_replaces_the_provisional_charge(used: int, after: tuple[int, int]) -> None:
    work = expired()
    apply(kit.settle(used), work)
    assert (counts(work)[0], counts(work)[2]) == after
    assert work.entries[-1].kind is EntryKind.TRUE_UP
    assert work.entries[-1].charges == [used - 10]


def test_a_late_truth_after_an_expiry_that_charged_nothing_is_declared_as_overrun() -> None:
    work = expired(flags=RELEASE_ON_EXPIRY)
    apply(kit.settle(4), work)
    assert counts(work) == (4, 0, 4, 0)


def test_a_late_release_takes_the_provisional_charge_back() -> None:
    work = expired(past=4)
    apply(RELEASE, work)
    assert counts(work) == (0, 0, 0, 0)
    assert work.provisional_attempts[-1].outcome is Outcome.CANCELLED


@pytest.mark.parametrize("command", [kit.settle(), Settle(reservation_id=kit.ID, attempts=()), RELEASE])
def test_a_true_up_in_a_sealed_month_is_refused_and_writes_nothing(command: Command) -> None:
    work = expired()
    work.sealed = frozenset({kit.ID})
    before = deepcopy(work)

    result = apply(command, work)

    assert isinstance(result, Refused)
    assert result.reason is Reason.PERIOD_SEALED
    assert work == before


def test_a_providers_meter_counts_only_that_providers_attempts() -> None:
    key = msgspec.structs.replace(kit.KEY, subject_type="provider", subject_id="sandbox")
    work = kit.work_with(kit.meter(key=key, held=10), keys=(key,))
    work.holds[kit.ID] = kit.hold(HELD)
    attempts = (build.attempt(1, "elsewhere", output_tokens=3), build.attempt(2, "sandbox", output_tokens=5))

    apply(Settle(reservation_id=kit.ID, attempts=attempts), work)

    assert work.meters[kit.METER_ID].used == 5
    assert work.entries[-1].amounts.output_tokens == 8


def test_several_attempts_are_one_request() -> None:
    work = held()
    work.meters[kit.METER_ID].dimension = Dimension.REQUESTS
    apply(Settle(reservation_id=kit.ID, attempts=(build.attempt(1), build.attempt(2))), work)
    assert counts(work)[0] == 1


FAILED = build.attempt(1, "elsewhere", outcome=Outcome.ERROR)


@pytest.mark.parametrize(
    ("attempts", "requests"),
    [
        ((FAILED,), 0),
        ((FAILED, build.attempt(2, outcome=Outcome.ERROR, steps=1)), 0),
        ((FAILED, build.attempt(2)), 1),
        ((build.attempt(1, outcome=Outcome.CACHED),), 0),
        *[((build.attempt(1, outcome=outcome),), 1) for outcome in Outcome if outcome not in UNPAID],
        *[
            ((build.attempt(1, outcome=Outcome.ERROR, **{spent: 1}),), 1)
            for spent in ("input_tokens", "output_tokens", "cost_nano_usd", "api_calls", "files")
        ],
    ],
    ids=lambda part: part if isinstance(part, int) else " ".join(item.outcome for item in part),
)
def test_a_vendors_failure_or_a_kept_answer_is_no_request_unless_something_was_brought_or_paid(
    attempts: tuple[Attempt, ...], requests: int
) -> None:
    for work, before in ((held(1), 0), (expired(1), 1)):
        work.meters[kit.METER_ID].dimension = Dimension.REQUESTS
        apply(Settle(reservation_id=kit.ID, attempts=attempts), work)
        assert counts(work)[0] == requests
        assert work.entries[-1].amounts.requests == requests - before
        assert len(work.attempts) == len(attempts)


@pytest.mark.parametrize(("vendor", "requests"), [("elsewhere", 0), ("sandbox", 1)])
def test_a_request_that_another_vendor_answered_is_none_of_the_one_that_failed(
    vendor: str, requests: int
) -> None:
    key = msgspec.structs.replace(
        kit.KEY, subject_type="provider", subject_id=vendor, dimension=Dimension.REQUESTS
    )
    work = kit.work_with(kit.meter(key=key, held=10), keys=(key,))
    work.holds[kit.ID] = kit.hold(HELD)
    apply(Settle(reservation_id=kit.ID, attempts=(FAILED, build.attempt(2, "sandbox"))), work)
    assert work.meters[kit.METER_ID].used == requests


def test_the_steps_of_an_entry_are_those_of_its_attempts() -> None:
    work = held()
    attempts = (build.attempt(1, outcome=Outcome.ERROR), build.attempt(2, steps=1), build.attempt(3, steps=2))
    apply(Settle(reservation_id=kit.ID, attempts=attempts), work)
    assert work.entries[-1].amounts.steps == 3


def test_a_settlement_without_attempts_costs_nothing() -> None:
    work = held()
    apply(Settle(reservation_id=kit.ID, attempts=()), work)
    assert counts(work) == (0, 0, 0, 0)
    assert work.attempts == []

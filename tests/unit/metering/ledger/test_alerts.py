"""Which thresholds a batch reaches, and that each is told once."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from metering.errors import InvalidRequest
from metering.ids import uuid7
from metering.ledger.check import check_command
from metering.ledger.engine import apply
from metering.ledger.engine.alert import CHANGE_COOL_DOWN, COOL_DOWN, raise_alerts, rearm
from metering.ledger.records import NEVER, Meter, Watch
from metering.ledger.results import Denied
from metering.ledger.unit_of_work import UnitOfWork
from metering.types import Dimension, Window
from tests.unit.metering.ledger.kit import KEY, METER_ID, NOW, line, meter, reserve, settle, work_with

USUAL = "80,95,100"
AT_ONCE = replace(KEY, dimension=Dimension.CONCURRENCY, window=Window.NONE)


def watch_of(row: Meter) -> Watch:
    """What is known of its only limit."""
    [watch] = row.watches.values()
    return watch


def told(work: UnitOfWork) -> list[int]:
    return [alert.threshold for alert in work.alerts]


def use(work: UnitOfWork, *amounts: int, limit: int = 100, thresholds: str = USUAL) -> UnitOfWork:
    """Calls that hold and then use these amounts; afterwards the batch ends."""
    for amount in amounts:
        id_ = uuid7(int(NOW.timestamp() * 1000))
        wanted = line(amount, limit, thresholds=thresholds)  # type: ignore[arg-type]
        apply(reserve(wanted, id_=id_), work)
        apply(settle(amount, id_=id_), work)
    raise_alerts(work)
    return work


@pytest.mark.parametrize(
    ("used", "thresholds"),
    [(79, []), (80, [80]), (94, [80]), (95, [80, 95]), (99, [80, 95]), (100, [80, 95, 100])],
)
def test_thresholds_are_reached_at_their_very_amount(used: int, thresholds: list[int]) -> None:
    assert told(use(work_with(), used)) == thresholds


def test_each_is_told_once() -> None:
    row = meter()
    found = [told(use(work_with(row), 10)) for _ in range(10)]
    assert found == [[], [], [], [], [], [], [], [80], [], [95, 100]]
    assert (watch_of(row).alerted, row.alert_at) == (USUAL, NEVER)


def test_an_alert_has_the_facts_of_its_moment() -> None:
    [alert] = use(work_with(), 80).alerts
    assert (alert.meter_id, alert.used, alert.held, alert.requested, alert.limit) == (
        METER_ID,
        80,
        0,
        None,
        100,
    )


def test_each_limit_on_a_meter_is_told_by_itself() -> None:
    row = meter()
    work = work_with(row)
    limits = (
        line(90, 100, budget_id=UUID(int=1), thresholds="80"),
        line(90, 1_000, budget_id=UUID(int=2), thresholds="8,80"),
    )
    apply(reserve(*limits), work)
    apply(settle(90), work)
    raise_alerts(work)
    assert {(alert.budget_id, alert.threshold) for alert in work.alerts} == {
        (str(UUID(int=1)), 80),
        (str(UUID(int=2)), 8),
    }
    assert row.alert_at == 800


def test_a_limit_that_is_taken_away_is_told_of_no_more() -> None:
    row = meter()
    apply(reserve(line(1, 100, budget_id=UUID(int=1), thresholds="80"), id_=uuid7()), work_with(row))
    assert told(use(work_with(row), 90, limit=1_000)) == []
    assert row.watches[str(UUID(int=1))].thresholds == ""


def test_without_thresholds_nothing_is_told_and_nothing_is_written() -> None:
    work = use(work_with(), 100, thresholds="")
    assert (work.alerts, work.watched) == ([], set())


def test_what_is_only_held_is_not_used() -> None:
    work = work_with()
    apply(reserve(line(100, 100, thresholds=USUAL)), work)  # type: ignore[arg-type]
    raise_alerts(work)
    assert told(work) == []


def test_a_lowered_budget_is_told_at_the_next_call_and_a_raised_one_is_measured_anew() -> None:
    row = meter()
    assert told(use(work_with(row), 60)) == []
    assert told(use(work_with(row), 1, limit=64)) == [80, 95]
    assert told(use(work_with(row), 1, limit=1_000)) == []
    assert row.alert_at == 800


def test_a_raised_budget_is_told_again_when_it_is_reached_again() -> None:
    row = meter()
    assert told(use(work_with(row), 100)) == [80, 95, 100]
    assert told(use(work_with(row), 10, limit=200)) == []
    again = use(work_with(row), 55, limit=200)
    assert [(alert.threshold, alert.episode, alert.limit) for alert in again.alerts] == [(80, 1, 200)]
    assert told(use(work_with(row), 35, limit=200)) == [95, 100]


def test_what_a_raised_budget_still_reaches_is_not_told_again() -> None:
    row = meter()
    use(work_with(row), 100)
    assert told(use(work_with(row), 0, limit=110)) == []
    assert watch_of(row).alerted == "80"
    assert told(use(work_with(row), 10, limit=110)) == [95, 100]


def test_a_budget_that_is_lowered_and_raised_in_turns_is_not_told_each_time() -> None:
    row = meter()
    found = [told(use(work_with(row), 0 if row.used else 100, limit=limit)) for limit in [100, 200] * 5]
    assert found == [[80, 95, 100], [], [80, 95, 100], *[[]] * 7]


def test_a_raised_budget_is_told_although_a_call_that_had_not_heard_of_it_came_between() -> None:
    row = meter()
    use(work_with(row), 96)
    use(work_with(row), 0, limit=200)
    assert told(use(work_with(row), 0, limit=100)) == [80, 95]
    assert told(use(work_with(row), 0, limit=200)) == []
    found = []
    for amount in (64, 30):
        work = work_with(row)
        work.now += 2 * CHANGE_COOL_DOWN
        rearm(row, work)
        found.append(told(use(work, amount, limit=200)))
    assert found == [[80], [95]]
    assert watch_of(row).episodes == 2


def test_a_denial_that_said_used_up_is_said_again_after_a_raise() -> None:
    work = work_with(meter())
    use(work, 96)
    apply(reserve(line(5, 100, thresholds=USUAL)), work)  # type: ignore[arg-type]
    raise_alerts(work)
    row = work.meters[METER_ID]
    assert told(use(work_with(row), 4, limit=120)) == []
    denied = work_with(row)
    apply(reserve(line(21, 120, thresholds=USUAL)), denied)  # type: ignore[arg-type]
    raise_alerts(denied)
    assert told(denied) == [100]


def test_a_lowered_budget_is_told_by_its_denial_too() -> None:
    row = meter()
    use(work_with(row), 60)
    assert told(use(work_with(row), 5, limit=50)) == [80, 95, 100]


def test_a_budget_of_which_the_rest_is_too_small_is_told_as_used_up() -> None:
    work = work_with(meter())
    use(work, 96)
    work.alerts = []
    assert isinstance(apply(reserve(line(5, 100, thresholds=USUAL)), work), Denied)  # type: ignore[arg-type]
    raise_alerts(work)
    [alert] = work.alerts
    assert (alert.threshold, alert.used, alert.requested) == (100, 96, 5)
    assert told(use(work_with(work.meters[METER_ID]), 5)) == [], "the next denial is no news"


@pytest.mark.parametrize(
    ("counts", "amount"),
    [({"used": 10}, 101), ({"held": 100}, 1), ({"used": 50, "held": 40}, 20)],
    ids=["a call larger than the budget", "all held by calls in flight", "enough once those have ended"],
)
def test_a_denial_that_is_no_sign_of_use_is_not_told(counts: dict[str, int], amount: int) -> None:
    work = work_with(meter(**counts))
    assert isinstance(apply(reserve(line(amount, 100, thresholds=USUAL)), work), Denied)  # type: ignore[arg-type]
    raise_alerts(work)
    assert told(work) == []


def test_a_soft_budget_is_told_as_well() -> None:
    work = work_with()
    apply(reserve(line(120, 100, enforced=False, thresholds="50,100")), work)  # type: ignore[arg-type]
    apply(settle(120), work)
    raise_alerts(work)
    assert told(work) == [50, 100]


def test_nothing_is_reached_of_a_budget_of_nothing_until_something_is_used() -> None:
    assert told(use(work_with(), 0, limit=0)) == []


def calls(count: int, limit: int, row: Meter, **facts: Any) -> UnitOfWork:
    """So many calls begin at once."""
    work = work_with(row, keys=(AT_ONCE,))
    work.now += facts.pop("later", timedelta())
    rearm(row, work)
    for _ in range(count):
        wanted = line(1, limit, meter=AT_ONCE, thresholds="90")  # type: ignore[arg-type]
        apply(reserve(wanted, id_=uuid7(int(NOW.timestamp() * 1000))), work)
    raise_alerts(work)
    return work


@pytest.mark.parametrize(("count", "thresholds"), [(8, []), (9, [90]), (10, [90]), (11, [90])])
def test_calls_at_once_are_told_at_nine_tenths(count: int, thresholds: list[int]) -> None:
    assert told(calls(count, 10, meter(key=AT_ONCE))) == thresholds


def test_calls_at_once_are_told_anew_after_a_cool_down_and_not_before() -> None:
    row = meter(key=AT_ONCE)
    assert told(calls(9, 10, row)) == [90]
    row.held = 0
    assert told(calls(9, 10, row, later=COOL_DOWN - timedelta(seconds=1))) == []
    [again] = calls(0, 10, row, later=COOL_DOWN).alerts
    assert (again.threshold, again.episode, again.held) == (90, 1, 9)


def test_one_call_at_a_time_is_how_a_limit_of_one_is_used() -> None:
    assert told(calls(2, 1, meter(key=AT_ONCE))) == []


@given(
    limit=st.integers(1, 10**6),
    amounts=st.lists(st.integers(1, 10**5), min_size=1, max_size=20),
    thresholds=st.lists(st.integers(1, 1_000), min_size=1, max_size=5, unique=True).map(sorted),
    batches=st.integers(1, 20),
)
def test_however_it_is_batched_the_same_is_told(
    limit: int, amounts: list[int], thresholds: list[int], batches: int
) -> None:
    text, row, found = ",".join(map(str, thresholds)), meter(), []
    soft = {"enforced": False, "thresholds": text}
    for begin in range(0, len(amounts), batches):
        work = work_with(row)
        for amount in amounts[begin : begin + batches]:
            id_ = uuid7(int(NOW.timestamp() * 1000))
            apply(reserve(line(amount, limit, **soft), id_=id_), work)  # type: ignore[arg-type]
            apply(settle(amount, id_=id_), work)
        raise_alerts(work)
        found += told(work)
    assert found == [percent for percent in thresholds if sum(amounts) * 100 >= percent * limit]
    assert row.used < row.alert_at


@pytest.mark.parametrize(
    "text", ["80,", "95,80", "80,80", "0", "1001", "a", "-1", ",".join(map(str, range(1, 12)))]
)
def test_thresholds_that_make_no_sense_are_refused_before_they_are_queued(text: str) -> None:
    with pytest.raises(InvalidRequest):
        check_command(reserve(line(thresholds=text)))  # type: ignore[arg-type]

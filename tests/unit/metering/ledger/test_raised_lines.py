"""A line whose limit is raised: the window of its meter decides, and a raise is told again."""

from datetime import timedelta

from metering.ids import uuid7
from metering.ledger.commands import HoldLine, Raise
from metering.ledger.engine import apply
from metering.ledger.engine.alert import raise_alerts
from metering.ledger.results import Denied, Granted
from tests.support import build
from tests.unit.metering.ledger.kit import METER_ID, NOW, line, meter, reserve, work_with

THIS_WINDOW = meter().window_end
assert THIS_WINDOW is not None


def raised(amount: int, until: object = THIS_WINDOW) -> HoldLine:
    """A line of so much, under a limit of 100 and 50 more until then."""
    return line(amount, raises=(Raise(amount=50, until=until),))  # type: ignore[arg-type]


def test_a_raised_window_has_room_to_the_last_unit() -> None:
    work = work_with(meter(used=60))
    granted = apply(reserve(raised(90), id_=uuid7()), work)
    assert isinstance(granted, Granted)
    assert granted.balances[0].limit == 150
    denied = apply(reserve(raised(1), id_=uuid7()), work)
    assert isinstance(denied, Denied)
    assert denied.denials[0].limit == 150
    assert work.meters[METER_ID].highest_limit == 150


def test_the_window_after_the_last_one_is_not_raised() -> None:
    work = work_with(meter(used=60))
    refused = apply(reserve(raised(41, NOW + timedelta(hours=11)), id_=uuid7()), work)
    assert isinstance(refused, Denied)
    assert refused.denials[0].limit == 100
    assert isinstance(apply(reserve(raised(40, NOW), id_=uuid7()), work), Granted)
    assert work.meters[METER_ID].highest_limit == 100


def test_an_extension_has_the_limit_of_the_window_that_it_holds_on() -> None:
    work = work_with(meter(used=60))
    hold = reserve(raised(10), id_=uuid7())
    assert isinstance(apply(hold, work), Granted)
    assert isinstance(apply(build.extend(hold.reservation_id, raised(80)), work), Granted)
    assert isinstance(apply(build.extend(hold.reservation_id, raised(1), sequence=2), work), Denied)


def test_a_raise_tells_a_threshold_again_and_its_end_tells_what_is_reached_then() -> None:
    work = work_with(meter(used=90))

    def told_by(item: HoldLine) -> list[tuple[int, int]]:
        work.alerts.clear()
        apply(reserve(item, id_=uuid7()), work)
        raise_alerts(work)
        return [(alert.threshold, alert.limit) for alert in work.alerts]

    assert told_by(line(1, thresholds="80")) == [(80, 100)]
    both = {"thresholds": "80", "raises": (Raise(amount=50),)}
    assert told_by(line(1, **both)) == []
    work.meters[METER_ID].used = 120
    assert told_by(line(1, **both)) == [(80, 150)]

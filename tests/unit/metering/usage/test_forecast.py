from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.usage.forecast import EVEN_RHYTHM, HOURS, Forecast, Rhythm, carried_on

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
DAY = timedelta(days=1)
OFFICE = Rhythm.of([float(hour % 24 in range(9, 17) and hour < 5 * 24) for hour in range(HOURS)])
"""Eight hours on five days."""


def week(used: int, limit: int, now: datetime, rhythm: Rhythm = EVEN_RHYTHM) -> Forecast | None:
    return carried_on(used, limit, start=MONDAY, end=MONDAY + 7 * DAY, now=now, rhythm=rhythm)


def test_without_a_rhythm_the_line_is_straight() -> None:
    assert week(200, 1_000, MONDAY + 2 * DAY) == Forecast(at_reset=700, used_up_at=None)


def test_the_moment_when_it_is_used_up_is_on_the_same_line() -> None:
    found = week(200, 400, MONDAY + 2 * DAY)
    assert found == Forecast(at_reset=700, used_up_at=MONDAY + 4 * DAY)


def test_what_is_used_up_already_is_so_now() -> None:
    now = MONDAY + 2 * DAY
    assert week(400, 400, now) == Forecast(at_reset=1_400, used_up_at=now)


def test_nothing_used_stays_nothing() -> None:
    assert week(0, 400, MONDAY + 2 * DAY) == Forecast(at_reset=0, used_up_at=None)
    assert week(0, 0, MONDAY + 2 * DAY) is not None


def test_at_the_beginning_of_a_window_nothing_can_be_said() -> None:
    assert week(5, 400, MONDAY) is None
    assert week(5, 400, MONDAY + timedelta(hours=3)) is None
    assert week(5, 400, MONDAY + timedelta(hours=4)) is not None


def test_a_week_of_office_hours_is_nearly_done_on_friday_evening() -> None:
    friday = MONDAY + timedelta(days=4, hours=18)
    straight, usual = week(1_000, 9_000, friday), week(1_000, 9_000, friday, OFFICE)
    assert straight is not None
    assert usual is not None
    assert straight.at_reset == round(1_000 * 7 / 4.75)
    assert 1_000 < usual.at_reset < 1_080


def test_it_is_used_up_when_people_work() -> None:
    found = week(1_000, 1_200, MONDAY + timedelta(days=2, hours=18), OFFICE)
    assert found is not None
    assert found.used_up_at is not None
    assert found.used_up_at.weekday() == 3
    assert 9 <= found.used_up_at.hour < 17


def test_a_rhythm_of_nothing_is_even() -> None:
    assert Rhythm.of([0.0] * HOURS) == EVEN_RHYTHM


MOMENTS = st.datetimes(
    min_value=datetime(2023, 11, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    max_value=datetime(2025, 2, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")]),
)
RHYTHMS = st.builds(Rhythm.of, st.lists(st.integers(0, 1_000), min_size=HOURS, max_size=HOURS))


@given(RHYTHMS, MOMENTS, st.timedeltas(timedelta(0), timedelta(days=40)))
def test_a_stretch_weighs_what_its_minutes_weigh(rhythm: Rhythm, start: datetime, long: timedelta) -> None:
    moment, weighed = start.astimezone(UTC), 0.0
    end = moment + long
    while moment < end:  # hour by hour
        until = min(moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1), end)
        weighed += rhythm.weights[moment.weekday() * 24 + moment.hour] * (
            (until - moment) / timedelta(hours=1)
        )
        moment = until
    assert rhythm.between(start, end.astimezone(start.tzinfo)) == pytest.approx(weighed, abs=1e-9)


@given(RHYTHMS, MOMENTS, st.timedeltas(timedelta(0), timedelta(days=40)), st.floats(0, 1))
def test_what_a_part_of_a_stretch_weighs_is_reached_at_its_end(
    rhythm: Rhythm, start: datetime, long: timedelta, part: float
) -> None:
    start = start.astimezone(UTC)
    end, middle = start + long, start + long * part
    found = rhythm.reaches(rhythm.between(start, middle), start=start, end=end + timedelta(seconds=1))
    assert found is not None
    assert abs(found - middle) < timedelta(seconds=1)

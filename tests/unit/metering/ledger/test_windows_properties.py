"""Every moment of every zone lies in exactly one window of each kind."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import example, given
from hypothesis import strategies as st

from metering.ledger.windows import window_bounds
from metering.types import Window

KINDS = [Window.HOUR, Window.DAY, Window.WEEK, Window.MONTH]
ZONES = sorted(available_timezones() - {"localtime"})
LONGEST = {
    Window.HOUR: timedelta(hours=1),
    Window.DAY: timedelta(hours=26),
    Window.WEEK: timedelta(days=7, hours=2),
    Window.MONTH: timedelta(days=31, hours=2),
}
TICK = timedelta(microseconds=1)
zones = st.sampled_from(ZONES)
kinds = st.sampled_from(KINDS)
week_starts = st.integers(0, 6)
moments = st.datetimes(datetime(1972, 1, 1), datetime(2037, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001
places = st.floats(0, 1, exclude_max=True)


def shifts(zone: str, year: int) -> list[datetime]:
    """The moments of a year at which a zone's clock is put forward or back, to the second."""
    found = []
    info = ZoneInfo(zone)
    days = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=number) for number in range(367)]
    for first, last in pairwise(days):
        low, high = first, last
        if low.astimezone(info).utcoffset() == high.astimezone(info).utcoffset():
            continue
        while high - low > timedelta(seconds=1):
            middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
            same = middle.astimezone(info).utcoffset() == low.astimezone(info).utcoffset()
            low, high = (middle, high) if same else (low, middle)
        found.append(high)
    return found


@given(kinds, moments, zones, week_starts)
@example(Window.DAY, datetime(2010, 11, 7, 2, 45, tzinfo=UTC), "America/St_Johns", 0)
def test_a_window_contains_its_moment(kind: Window, moment: datetime, zone: str, week_start: int) -> None:
    start, end = window_bounds(kind, moment, timezone=zone, week_start=week_start)

    assert end is not None
    assert start <= moment < end
    assert end - start <= LONGEST[kind]


@given(kinds, moments, zones, week_starts)
def test_windows_follow_each_other_without_gap_or_overlap(
    kind: Window, moment: datetime, zone: str, week_start: int
) -> None:
    start, end = window_bounds(kind, moment, timezone=zone, week_start=week_start)

    assert end is not None
    assert window_bounds(kind, end, timezone=zone, week_start=week_start)[0] == end
    assert window_bounds(kind, start - TICK, timezone=zone, week_start=week_start)[1] == start


@given(kinds, moments, zones, week_starts, places)
def test_every_moment_of_a_window_finds_that_window(
    kind: Window, moment: datetime, zone: str, week_start: int, place: float
) -> None:
    start, end = bounds = window_bounds(kind, moment, timezone=zone, week_start=week_start)

    assert end is not None
    other = min(start + (end - start) * place, end - TICK)
    assert window_bounds(kind, other, timezone=zone, week_start=week_start) == bounds


@given(zones, st.integers(1972, 2036), st.integers(-7300, 7300), kinds, week_starts)
@example("Australia/Lord_Howe", 2026, 600, Window.HOUR, 0)
@example("Asia/Kathmandu", 1986, 60, Window.HOUR, 0)
@example("America/St_Johns", 2010, 60, Window.DAY, 0)
def test_windows_tile_around_every_shift_of_the_clock(
    zone: str, year: int, seconds: int, kind: Window, week_start: int
) -> None:
    for shift in shifts(zone, year):
        moment = shift + timedelta(seconds=seconds)
        start, end = bounds = window_bounds(kind, moment, timezone=zone, week_start=week_start)
        assert end is not None
        assert start <= moment < end
        assert window_bounds(kind, start, timezone=zone, week_start=week_start) == bounds
        assert window_bounds(kind, end - TICK, timezone=zone, week_start=week_start) == bounds
        assert window_bounds(kind, end, timezone=zone, week_start=week_start)[0] == end


@given(moments, zones)
def test_an_hour_begins_on_the_local_hour_or_where_the_clock_was_shifted(moment: datetime, zone: str) -> None:
    start, _ = window_bounds(Window.HOUR, moment, timezone=zone)

    info = ZoneInfo(zone)
    before, after = (start - TICK).astimezone(info), start.astimezone(info)
    assert (after.minute, after.second) == (0, 0) or before.utcoffset() != after.utcoffset()


@given(moments, zones)
def test_a_day_begins_when_the_local_date_first_appears(moment: datetime, zone: str) -> None:
    start, _ = window_bounds(Window.DAY, moment, timezone=zone)

    info = ZoneInfo(zone)
    assert (start - TICK).astimezone(info).date() < start.astimezone(info).date()

"""Windows where calendars and clocks are odd, with the answers worked out by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from metering.ledger.windows import EPOCH, window_bounds
from metering.types import Window

HOUR, DAY, WEEK, MONTH = Window.HOUR, Window.DAY, Window.WEEK, Window.MONTH
CASES = [
    # A plain day, its edges, and a zone with a quarter of an hour.
    ("UTC", DAY, "2026-03-10T00:00:00", "2026-03-10T00:00:00", "2026-03-11T00:00:00"),
    ("UTC", DAY, "2026-03-10T23:59:59.999999", "2026-03-10T00:00:00", "2026-03-11T00:00:00"),
    ("Asia/Kathmandu", HOUR, "2026-03-10T12:20:00", "2026-03-10T12:15:00", "2026-03-10T13:15:00"),
    ("Asia/Kathmandu", DAY, "2026-03-10T12:20:00", "2026-03-09T18:15:00", "2026-03-10T18:15:00"),
    # Days of 23 and of 25 hours.
    ("Europe/Berlin", DAY, "2026-03-29T12:00:00", "2026-03-28T23:00:00", "2026-03-29T22:00:00"),
    ("Europe/Berlin", DAY, "2026-10-25T12:00:00", "2026-10-24T22:00:00", "2026-10-25T23:00:00"),
    ("America/New_York", DAY, "2026-03-08T12:00:00", "2026-03-08T05:00:00", "2026-03-09T04:00:00"),
    ("America/New_York", DAY, "2026-11-01T12:00:00", "2026-11-01T04:00:00", "2026-11-02T05:00:00"),
    # The hour that comes twice is two windows.
    ("Europe/Berlin", HOUR, "2026-10-25T00:30:00", "2026-10-25T00:00:00", "2026-10-25T01:00:00"),
    ("Europe/Berlin", HOUR, "2026-10-25T01:30:00", "2026-10-25T01:00:00", "2026-10-25T02:00:00"),
    # Lord Howe shifts by half an hour: an hour is cut short by the shift, in spring and in autumn.
    ("Australia/Lord_Howe", HOUR, "2026-10-03T15:10:00", "2026-10-03T14:30:00", "2026-10-03T15:30:00"),
    ("Australia/Lord_Howe", HOUR, "2026-10-03T15:40:00", "2026-10-03T15:30:00", "2026-10-03T16:00:00"),
    ("Australia/Lord_Howe", HOUR, "2026-04-04T14:40:00", "2026-04-04T14:00:00", "2026-04-04T15:00:00"),
    ("Australia/Lord_Howe", HOUR, "2026-04-04T15:20:00", "2026-04-04T15:00:00", "2026-04-04T15:30:00"),
    ("Australia/Lord_Howe", DAY, "2026-10-03T20:00:00", "2026-10-03T13:30:00", "2026-10-04T13:00:00"),
    # Midnight is skipped: the day begins at the shift, which is one o'clock.
    ("America/Sao_Paulo", DAY, "2018-11-04T12:00:00", "2018-11-04T03:00:00", "2018-11-05T02:00:00"),
    ("Africa/Cairo", DAY, "2024-04-26T12:00:00", "2024-04-25T22:00:00", "2024-04-26T21:00:00"),
    ("Asia/Beirut", DAY, "2024-03-31T12:00:00", "2024-03-30T22:00:00", "2024-03-31T21:00:00"),
    # The clock goes back at midnight: the day before has an eleventh hour of the evening twice.
    ("America/Sao_Paulo", DAY, "2018-02-18T02:30:00", "2018-02-17T02:00:00", "2018-02-18T03:00:00"),
    # One minute past midnight back to 23:01: the new day has begun, and goes on through the repeated hour.
    ("America/St_Johns", DAY, "2010-11-07T02:45:00", "2010-11-07T02:30:00", "2010-11-08T03:30:00"),
    ("America/St_Johns", WEEK, "2010-11-07T02:45:00", "2010-11-01T02:30:00", "2010-11-08T03:30:00"),
    # Samoa had no 30 December 2011.
    ("Pacific/Apia", DAY, "2011-12-30T09:00:00", "2011-12-29T10:00:00", "2011-12-30T10:00:00"),
    ("Pacific/Apia", DAY, "2011-12-30T11:00:00", "2011-12-30T10:00:00", "2011-12-31T10:00:00"),
    # Months: short, leap, across a shift, across a year.
    ("UTC", MONTH, "2028-02-29T23:00:00", "2028-02-01T00:00:00", "2028-03-01T00:00:00"),
    ("UTC", MONTH, "2100-02-28T23:00:00", "2100-02-01T00:00:00", "2100-03-01T00:00:00"),
    ("Europe/Berlin", MONTH, "2026-03-31T21:59:59", "2026-02-28T23:00:00", "2026-03-31T22:00:00"),
    ("Europe/Berlin", MONTH, "2026-12-31T23:00:00", "2026-12-31T23:00:00", "2027-01-31T23:00:00"),
    # Weeks across a shift.
    ("Europe/Berlin", WEEK, "2026-03-29T12:00:00", "2026-03-22T23:00:00", "2026-03-29T22:00:00"),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "window", "moment", "start", "end"), CASES)
def test_a_window_begins_and_ends_as_its_calendar_says(
    zone: str, window: Window, moment: str, start: str, end: str
) -> None:
    found = window_bounds(window, utc(moment), timezone=zone)

    assert found == (utc(start), utc(end))


@pytest.mark.parametrize(
    ("week_start", "first_day"), [(0, 9), (1, 10), (2, 4), (3, 5), (4, 6), (5, 7), (6, 8)]
)
def test_a_week_begins_on_the_day_that_the_tenant_chose(week_start: int, first_day: int) -> None:
    tuesday = utc("2026-03-10T12:00:00")

    start, end = window_bounds(WEEK, tuesday, week_start=week_start)

    assert start == datetime(2026, 3, first_day, tzinfo=UTC)
    assert end == start + timedelta(days=7)


@pytest.mark.parametrize("window", [Window.TOTAL, Window.NONE])
def test_a_total_never_ends(window: Window) -> None:
    assert window_bounds(window, utc("2026-03-10T12:00:00"), timezone="Asia/Tokyo") == (EPOCH, None)


def test_a_moment_in_any_zone_finds_the_same_window() -> None:
    moment = utc("2026-03-10T12:20:00")
    elsewhere = moment.astimezone(datetime.strptime("+0900", "%z").tzinfo)

    for window in Window:
        here = window_bounds(window, moment, timezone="Europe/Berlin")
        assert window_bounds(window, elsewhere, timezone="Europe/Berlin") == here


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)

"""Which meters stay where several counted the same thing: migration 0021."""

from datetime import UTC, datetime, timedelta
from typing import Any

from metering.migrations._one_meter import _overlapping

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
KEY = ("tenant", "a", "cost", "day", "", "", "a")


def row(id_: int, start: int, end: int | None, key: tuple[str, ...] = KEY) -> tuple[Any, ...]:
    """A meter whose window begins and ends so many hours after noon."""
    return (*key, id_, NOW + start * HOUR, None if end is None else NOW + end * HOUR)


def test_of_meters_in_one_window_the_first_stays() -> None:
    assert list(_overlapping([row(1, -12, 12), row(2, -12, 12), row(3, -12, 12)], NOW)) == [(1, [2, 3])]


def test_windows_that_follow_each_other_all_stay() -> None:
    assert list(_overlapping([row(1, -36, -12), row(2, -12, 12)], NOW)) == []


def test_a_meter_that_is_open_stays_before_one_that_is_over() -> None:
    assert list(_overlapping([row(1, -24, -1), row(2, -16, 8)], NOW)) == [(2, [1])]


def test_a_meter_that_never_ends_is_open() -> None:
    assert list(_overlapping([row(1, -24, None), row(2, -24, None)], NOW)) == [(1, [2])]


def test_meters_of_different_things_are_left_alone() -> None:
    other = (*KEY[:2], "requests", *KEY[3:])
    assert list(_overlapping([row(1, -12, 12), row(2, -12, 12, other)], NOW)) == []

from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.ids import first_id_at, uuid7
from metering.ledger.partitions import (
    PARTITIONED_TABLES,
    create_statements,
    month_of,
    month_plus,
    month_start,
    months_wanted,
    partition_name,
)

months = st.dates(date(1971, 1, 1), date(2999, 1, 1)).map(lambda day: day.replace(day=1))


def test_a_moment_belongs_to_its_month_in_utc() -> None:
    west = timezone(timedelta(hours=-8))
    assert month_of(datetime(2026, 2, 28, 20, tzinfo=west)) == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("months", "expected"),
    [(0, (2026, 11)), (1, (2026, 12)), (2, (2027, 1)), (14, (2028, 1)), (-11, (2025, 12)), (-23, (2024, 12))],
)
def test_months_are_added_across_years(months: int, expected: tuple[int, int]) -> None:
    assert month_plus(date(2026, 11, 1), months) == date(*expected, 1)


@given(months, st.integers(-300, 300))
def test_adding_months_can_be_undone(month: date, number: int) -> None:
    assert month_plus(month_plus(month, number), -number) == month


@given(months)
def test_the_bounds_of_a_month_are_its_first_id_and_the_next_ones(month: date) -> None:
    low, high = first_id_at(month_start(month)), first_id_at(month_start(month_plus(month, 1)))
    first_ms = int(month_start(month).timestamp() * 1000)
    last_ms = int(month_start(month_plus(month, 1)).timestamp() * 1000) - 1
    assert low <= uuid7(first_ms) < uuid7(last_ms) < high
    assert uuid7(first_ms - 1) < low


def test_partitions_are_named_after_table_and_month() -> None:
    assert partition_name("metering_usagelog", date(2026, 3, 1)) == "metering_usagelog_y2026m03"


def test_the_months_wanted_reach_from_last_month_to_three_ahead() -> None:
    assert months_wanted(datetime(2026, 11, 30, 23, tzinfo=UTC)) == [
        date(2026, 10, 1),
        date(2026, 11, 1),
        date(2026, 12, 1),
        date(2027, 1, 1),
        date(2027, 2, 1),
    ]


def test_every_partitioned_table_gets_its_partition_and_the_month_its_row() -> None:
    statements = create_statements(date(2026, 3, 1))
    assert len(statements) == len(PARTITIONED_TABLES) + 1
    assert all("IF NOT EXISTS" in statement or "ON CONFLICT" in statement for statement in statements)
    assert str(UUID(int=int(datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1000) << 80)) in statements[0]

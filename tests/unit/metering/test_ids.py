from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.ids import MAX_DERIVED, derived_id, first_id_at, time_ms_of, uuid7

milliseconds = st.integers(0, 2**48 - 1)
numbers = st.integers(0, MAX_DERIVED)


@given(milliseconds)
def test_an_id_is_a_uuid_of_version_7_that_tells_its_time(time_ms: int) -> None:
    identifier = uuid7(time_ms)
    assert identifier.version == 7
    assert identifier.variant == "specified in RFC 4122"
    assert time_ms_of(identifier) == time_ms


@given(milliseconds, milliseconds)
def test_ids_sort_by_time(first: int, second: int) -> None:
    if first != second:
        assert (uuid7(first) < uuid7(second)) == (first < second)


def test_ids_of_one_millisecond_differ() -> None:
    assert len({uuid7(1) for _ in range(10_000)}) == 10_000


def test_a_new_id_is_of_now() -> None:
    now_ms = datetime.now(UTC).timestamp() * 1000
    assert abs(time_ms_of(uuid7()) - now_ms) < 5_000


@given(milliseconds, numbers, numbers)
def test_derived_ids_are_stable_apart_and_in_the_parents_millisecond(
    time_ms: int, one: int, two: int
) -> None:
    parent = uuid7(time_ms)
    child = derived_id(parent, one)
    assert child == derived_id(parent, one)
    assert (child == derived_id(parent, two)) == (one == two)
    assert time_ms_of(child) == time_ms
    assert child.version == 7


def test_the_terminal_entry_has_its_reservations_own_id() -> None:
    parent = uuid7()
    assert derived_id(parent, 0) == parent


@pytest.mark.parametrize("number", [-1, MAX_DERIVED + 1])
def test_a_number_out_of_range_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="0 to 65535"):
        derived_id(uuid7(), number)


@given(st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_first_id_of_a_moment_bounds_the_ids_made_at_it(moment: datetime) -> None:
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    time_ms = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    first = first_id_at(moment)
    assert first <= uuid7(time_ms)
    assert first > uuid7(time_ms - 1) if time_ms else first == UUID(int=0)

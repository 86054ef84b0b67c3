"""A limit with overrides is its amount and what each of them adds, in whole windows of the meter's own calendar."""

from datetime import UTC, datetime, timedelta
from itertools import accumulate, repeat

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from metering.ledger.check import check_command
from metering.ledger.commands import HoldLine, MeterKey
from metering.ledger.windows import window_bounds
from metering.policy.overrides.raises import Override, end_of, raises_of
from metering.types import MAX_AMOUNT, Window
from tests.support.build import ALDER, BIRCH, meter_key, reserve

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia"]
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
keys = st.builds(
    lambda window, zone, week_start: meter_key(
        window=window, timezone=zone, week_start=week_start, subject_id="a"
    ),
    st.sampled_from([Window.HOUR, Window.DAY, Window.WEEK, Window.MONTH]),
    st.sampled_from(ZONES),
    st.integers(0, 6),
)
moments = st.datetimes(datetime(2011, 12, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
added = st.lists(st.tuples(st.integers(1, 1_000), st.none() | st.integers(1, 6)), max_size=6)


def limit_of(key: MeterKey, *overrides: Override) -> HoldLine:
    return HoldLine(meter=key, amount=1, limit=100, raises=raises_of(overrides, key)[0])


def end_at(key: MeterKey, moment: datetime) -> datetime:
    end = window_bounds(key.window, moment, timezone=key.timezone, week_start=key.week_start)[1]
    assert end is not None
    return end


@given(keys, moments, added)
def test_each_window_has_what_the_overrides_for_so_many_windows_add(
    key: MeterKey, moment: datetime, added: list[tuple[int, int | None]]
) -> None:
    first = end_at(key, moment)
    overrides = [
        Override(ALDER, "a", amount, windows and end_of(key, first, windows)) for amount, windows in added
    ]
    line = limit_of(key, *overrides)

    ends = accumulate(repeat(0, 8), lambda end, _: end_at(key, end), initial=first)
    for number, end in enumerate(ends):
        expected = sum(amount for amount, windows in added if windows is None or number < windows)
        assert line.limit_in(end) == 100 + expected


@given(added)
def test_a_window_without_end_has_only_overrides_without_end(added: list[tuple[int, int | None]]) -> None:
    overrides = [
        Override(ALDER, None, amount, windows and NOW + timedelta(days=windows)) for amount, windows in added
    ]
    endless = limit_of(meter_key(window=Window.TOTAL), *overrides)
    assert endless.limit_in(None) == 100 + sum(amount for amount, _ in added)


def test_overrides_are_for_one_subject_or_for_all_of_one_tenant() -> None:
    overrides = (
        Override(ALDER, "a", 1, None),
        Override(ALDER, None, 10, None),
        Override(BIRCH, None, 500, None),
    )
    overrides += (Override(ALDER, "b", 5_000, None),)
    key = meter_key(subject_id="a")
    assert limit_of(key, *overrides).limit_in(None) == 111
    assert limit_of(replace(key, tenant_id=BIRCH), *overrides).limit_in(None) == 600
    # An agent, tag or vendor is known with the call only: what is its alone waits beside the limit.
    for_all, by_subject = raises_of(overrides, replace(key, subject_id=""))
    assert [each.amount for each in for_all] == [10]
    assert {subject: [each.amount for each in own] for subject, own in by_subject.items()} == {
        "a": [1],
        "b": [5_000],
    }


def test_a_tenant_that_moves_keeps_its_override_for_as_many_windows() -> None:
    for old, new in (("Europe/Berlin", "America/New_York"), ("America/New_York", "Europe/Berlin")):
        key = meter_key(window=Window.MONTH, timezone=old, subject_id="a")
        moved = replace(key, timezone=new)
        november = end_at(key, NOW)  # the window that was open stays as it is
        december = end_at(moved, november + timedelta(days=2))
        january = end_at(moved, december)
        for windows, raised in ((1, (True, False, False)), (2, (True, True, False))):
            line = limit_of(moved, Override(ALDER, "a", 7, end_of(key, november, windows)))
            found = tuple(line.limit_in(end) == 107 for end in (november, december, january))
            assert found == raised


def test_a_raised_limit_is_at_most_what_the_ledger_can_count_and_the_ledger_takes_it() -> None:
    huge = Override(ALDER, None, MAX_AMOUNT, None)
    for overrides in ([huge], [huge, huge]):
        line = limit_of(meter_key(subject_id="a"), *overrides)
        check_command(reserve(line))
        assert line.limit_in(None) == MAX_AMOUNT

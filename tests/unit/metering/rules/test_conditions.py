"""When a rule counts: on the wall clock of its zone, whatever daylight saving time does."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.rules.conditions import minute_of
from metering.rules.read_conditions import check_conditions, read_conditions

BERLIN = "Europe/Berlin"


def holds(when: dict[str, object], moment: str, timezone: str = "UTC") -> bool:
    condition = read_conditions(when, timezone=timezone)
    assert condition is not None
    return condition.holds_at(datetime.fromisoformat(moment).replace(tzinfo=UTC))


BUSINESS = {"days": ["mon", "tue", "wed", "thu", "fri"], "hours": "09:00-17:00", "timezone": BERLIN}


@pytest.mark.parametrize(
    ("moment", "inside"),
    [
        ("2026-01-12T07:59:59", False),  # Monday, 08:59:59 in Berlin
        ("2026-01-12T08:00:00", True),
        ("2026-01-12T15:59:59", True),
        ("2026-01-12T16:00:00", False),
        ("2026-01-11T10:00:00", False),  # Sunday
        ("2026-07-13T07:00:00", True),  # in summer, nine o'clock comes an hour earlier
        ("2026-07-13T06:59:59", False),
        ("2026-07-13T15:00:00", False),
    ],
)
def test_business_hours_begin_and_end_on_the_minute_in_winter_and_summer(moment: str, inside: bool) -> None:
    assert holds(BUSINESS, moment) is inside


@pytest.mark.parametrize(
    ("moment", "inside"),
    [
        ("2026-01-16T20:59:00", False),  # Friday, 21:59 in Berlin
        ("2026-01-16T21:00:00", True),
        ("2026-01-17T04:59:59", True),  # Saturday, 05:59:59: the night that began on Friday
        ("2026-01-17T05:00:00", False),
        ("2026-01-17T21:00:00", False),  # Saturday's own night is not meant
        ("2026-01-16T04:00:00", False),  # nor is Thursday's
    ],
)
def test_hours_across_midnight_belong_to_the_day_on_which_they_begin(moment: str, inside: bool) -> None:
    assert holds({"days": ["fri"], "hours": "22:00-06:00", "timezone": BERLIN}, moment) is inside


def test_an_hour_that_the_clocks_skip_does_not_occur() -> None:
    skipped = {"hours": "02:00-03:00", "timezone": BERLIN}
    assert not any(
        holds(skipped, f"2026-03-29T{hour:02d}:{minute:02d}") for hour in range(4) for minute in (0, 30, 59)
    )


def test_an_hour_that_the_clocks_repeat_counts_twice() -> None:
    repeated = {"hours": "02:00-03:00", "timezone": BERLIN}
    inside = [hour for hour in range(4) if holds(repeated, f"2026-10-25T{hour:02d}:30")]
    assert inside == [0, 1]  # 02:30 in summer time and again in winter time


def test_a_night_across_the_clock_change_has_the_hours_that_the_clock_shows() -> None:
    night = {"hours": "22:00-06:00", "timezone": BERLIN}
    assert holds(night, "2026-03-29T03:59")  # 05:59 in summer time
    assert not holds(night, "2026-03-29T04:00")
    assert holds(night, "2026-10-25T04:59")  # 05:59 in winter time
    assert not holds(night, "2026-10-25T05:00")


def test_several_spans_and_the_end_of_the_day() -> None:
    when = {"hours": ["00:00-01:00", "23:00-24:00"]}
    assert [hour for hour in range(24) if holds(when, f"2026-01-12T{hour:02d}:59")] == [0, 23]


def test_validity_is_from_until_and_a_date_begins_at_midnight_in_the_zone() -> None:
    when = {"valid_from": "2026-07-01", "valid_until": "2026-08-01T00:00:00+00:00"}
    assert not holds(when, "2026-06-30T21:59", BERLIN)
    assert holds(when, "2026-06-30T22:00", BERLIN)
    assert holds(when, "2026-07-31T23:59", BERLIN)
    assert not holds(when, "2026-08-01T00:00", BERLIN)


def test_a_condition_without_a_zone_is_read_in_the_tenants() -> None:
    assert holds({"hours": "09:00-10:00"}, "2026-01-12T00:30", "Asia/Tokyo")


@given(
    st.integers(0, 5_000_000),
    st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]),
    st.integers(0, 1439),
    st.integers(0, 1439),
)
def test_what_holds_at_a_moment_holds_for_the_whole_minute(
    minutes: int, zone: str, begin: int, end: int
) -> None:
    if begin == end:
        return
    text = f"{begin // 60:02d}:{begin % 60:02d}-{end // 60:02d}:{end % 60:02d}"
    condition = read_conditions({"hours": text}, timezone=zone)
    assert condition is not None
    first = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    last = first.replace(second=59, microsecond=999_999)
    assert minute_of(first) == minute_of(last)
    assert condition.holds_at(first) == condition.holds_at(last)


@pytest.mark.parametrize(
    ("when", "sentence"),
    [
        ([], "when must be a mapping of days, hours"),
        ({"day": ["mon"]}, "when knows days, hours, timezone, valid_from, valid_until, usage, not 'day'"),
        ({"days": "mon"}, "a list of mon, tue, wed"),
        ({"days": []}, "a list of mon, tue, wed"),
        ({"days": ["monday"]}, "a list of mon, tue, wed"),
        ({"hours": "9-17"}, "such as 09:00-17:00"),
        ({"hours": "09:00-09:00"}, "such as 09:00-17:00"),
        ({"hours": "09:00-25:00"}, "such as 09:00-17:00"),
        ({"hours": "24:00-06:00"}, "such as 09:00-17:00"),
        ({"hours": []}, "1 to 24 spans"),
        ({"hours": [1]}, "such as 09:00-17:00"),
        ({"timezone": "Mars/Base"}, "an IANA time zone such as Europe/Berlin"),
        ({"valid_from": "tomorrow"}, "a date such as 2026-01-31"),
        ({"valid_from": "2026-01-31T09:30:15"}, "a whole minute"),
        ({"valid_from": "0001-01-01"}, "from 2000 to 2999"),
        ({"valid_until": "9999-12-31T23:59"}, "from 2000 to 2999"),
        ({"valid_from": "2026-02-01", "valid_until": "2026-02-01"}, "later than"),
        ({"usage": 80}, "a mapping of budget and from_percent"),
        ({"usage": {"budget": "cost/month", "percent": 80}}, "knows budget, from_percent"),
        ({"usage": {"budget": "cost/month", "from_percent": 0}}, "from 1 to 100"),
        ({"usage": {"budget": "cost/month", "from_percent": True}}, "from 1 to 100"),
        ({"usage": {"budget": "cost", "from_percent": 80}}, "such as cost/month"),
        ({"usage": {"budget": "provider cost/month", "from_percent": 80}}, "such as cost/month"),
        ({"usage": {"from_percent": 80}}, "such as cost/month"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence_that_says_what_could(
    when: object, sentence: str
) -> None:
    with pytest.raises(ValueError) as refused:
        check_conditions(when)
    said = str(refused.value)
    assert sentence in said
    assert said.endswith(".")
    assert "\n" not in said


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=12),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "days",
                        "hours",
                        "timezone",
                        "valid_from",
                        "valid_until",
                        "usage",
                        "budget",
                        "from_percent",
                        "x",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
    )
)
def test_whatever_is_written_is_read_or_refused_with_a_sentence(when: object) -> None:
    try:
        check_conditions(when)
    except ValueError as error:
        said = str(error)
    else:
        return
    assert said.endswith(".")

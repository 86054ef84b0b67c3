from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from admin_console import wording
from admin_console.rule_form import read_value
from admin_console.words import value_word
from metering.rules.registry import REGISTRY


@pytest.mark.parametrize(
    ("nano", "text"),
    [
        (1_204_614_999_999, "$1,204.61"),
        (1_204_615_000_000, "$1,204.62"),
        (9_999_999, "<$0.01"),
        (-1, "-<$0.01"),
        (-2_500_000_000, "-$2.50"),
        (0, "$0.00"),
        (None, "-"),
    ],
)
def test_lists_show_cents_and_never_hide_that_something_was_spent(nano: int | None, text: str) -> None:
    assert wording.usd(nano) == text


def test_a_calls_page_shows_the_last_digit() -> None:
    assert wording.usd_exact(15_787_001) == "$0.015787001"
    assert wording.usd_exact(2_000_000_000) == "$2.00"


def test_a_moment_is_told_in_the_zone_of_the_page() -> None:
    moment = datetime(2026, 11, 26, 23, 30, 5, tzinfo=UTC)
    told = wording.when(moment, ZoneInfo("Europe/Berlin"))
    assert told.replace("\N{NO-BREAK SPACE}", " ") == "Fri 27 Nov 2026, 00:30:05"


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [
        (1_122, 1_000, "▲ 12.2 %"),
        (953, 1_000, "▼ 4.7 %"),
        (1_000, 1_000, "no change"),
        (5, 0, "new"),
        (0, 0, "no change"),
    ],
)
def test_a_change_says_its_direction(now: int, before: int, text: str) -> None:
    assert wording.change(now, before).replace("\N{NO-BREAK SPACE}", " ") == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.84, "0.8 s"),
        (48, "48 s"),
        (34_080, "9 h 28 min"),
        (59.7, "1 min"),
        (7_200, "2 h"),
        (260_000, "3 days"),
    ],
)
def test_a_length_of_time_has_the_unit_that_fits(seconds: float, text: str) -> None:
    assert wording.duration(seconds).replace("\N{NO-BREAK SPACE}", " ") == text


def test_each_value_of_a_limit_has_words_that_are_read_back() -> None:
    for spec in REGISTRY.values():
        for choice in spec.choices:
            assert read_value(spec.name, value_word(spec.name, choice)) == choice


def test_what_is_not_looked_for_is_not_told_as_if_there_were_none_of_it() -> None:
    assert value_word("log_content", "off") == "none of it"
    assert value_word("guard_content", "off") == "let them pass unseen"

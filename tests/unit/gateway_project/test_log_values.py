"""No line is longer than its bounds, whatever was logged, and none becomes two."""

import logging

import pytest

from gateway_project.log_values import MOST, MOST_OF_A_TRACE
from tests.log_lines import caught_lines

LOGGER = logging.getLogger("metering.somewhere")
LONG = "x" * 30_000


class Shown:
    def __str__(self) -> str:
        return LONG


@pytest.mark.parametrize(
    "value", [LONG, Shown(), [LONG], {"path": LONG}], ids=lambda value: type(value).__name__
)
def test_a_long_value_loses_its_middle_whatever_it_is(value: object) -> None:
    with caught_lines() as caught:
        LOGGER.warning("something.happened", extra={"path": value})
    [line] = caught.lines
    assert len(line["path"]) < MOST + 100
    assert "characters left out" in line["path"]


def test_a_long_event_loses_its_middle() -> None:
    with caught_lines() as caught:
        LOGGER.warning("Not Found: %s", LONG)
    [line] = caught.lines
    assert len(line["event"]) < MOST + 100


def test_an_error_that_repeats_what_was_sent_keeps_its_beginning_and_its_end() -> None:
    with caught_lines() as caught:
        try:
            raise ValueError(LONG + " was the last word")
        except ValueError:
            LOGGER.exception("request.broke")
    [line] = caught.lines
    assert len(line["exception"]) < MOST_OF_A_TRACE + 100
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith(" was the last word")


def test_short_values_stay_as_they_are() -> None:
    with caught_lines() as caught:
        LOGGER.warning("something.happened", extra={"amount": 3, "path": "/api/x", "ok": True, "none": None})
    [line] = caught.lines
    assert (line["amount"], line["path"], line["ok"], line["none"]) == (3, "/api/x", True, None)


@pytest.mark.parametrize("mark", ["\n", "\r\n", "\x1b[2J", "\x00", "\u2028", "\x85"])
def test_a_mark_that_would_break_a_line_or_a_terminal_is_escaped(mark: str) -> None:
    with caught_lines() as caught:
        LOGGER.warning("Not Found: %s", f"/api/{mark}fake", extra={"path": mark})
    assert caught.texts[0].isprintable()
    assert caught.lines[0]["path"] == mark

"""A log line is one JSON object: the event, its fields, and no surprises in between."""

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog
from django.test import RequestFactory

from gateway_project.logs import LEVELS, LOGGING, OURS, logging_at

NAME = "django.test.logs"


@pytest.fixture
def output() -> Iterator[io.StringIO]:
    """What a logger of ours writes; pytest's own handlers stay as they are."""
    form = dict(LOGGING["formatters"]["json"])
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(form.pop("()")(**form))
    logger = logging.getLogger(NAME)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield stream
    logger.removeHandler(handler)


@pytest.mark.parametrize(
    "write",
    [
        lambda: logging.getLogger(NAME).info("reservation.settled", extra={"reservation_id": "r-1"}),
        lambda: structlog.get_logger(NAME).info("reservation.settled", reservation_id="r-1"),
    ],
    ids=["logging", "structlog"],
)
def test_both_kinds_of_logger_write_the_same_line(output: io.StringIO, write: Callable[[], None]) -> None:
    write()
    line = json.loads(output.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "reservation.settled", "reservation_id": "r-1", "logger": NAME, "level": "info"}


def test_an_exception_stays_on_one_line(output: io.StringIO) -> None:
    try:
        raise ValueError("no such thing")
    except ValueError:
        logging.getLogger(NAME).exception("call.failed")
    assert output.getvalue().count("\n") == 1
    assert "ValueError: no such thing" in json.loads(output.getvalue())["exception"]


@pytest.mark.parametrize(
    ("sentence", "written"),
    [
        ("Forbidden (CSRF cookie not set.): /admin/x/", "Forbidden (CSRF cookie not set.): /admin/x/"),
        (
            "Referer checking failed - https://gw.example/reset/?token=hunter2&x=1 does not match any trusted origins.",
            "Referer checking failed - https://gw.example/reset/?... does not match any trusted origins.",
        ),
    ],
)
def test_no_line_about_a_request_has_its_query(output: io.StringIO, sentence: str, written: str) -> None:
    request = RequestFactory().get("/admin/password/reset/?token=hunter2")
    logging.getLogger(NAME).warning(sentence, extra={"request": request, "status_code": 403})
    line = json.loads(output.getvalue())
    assert (line["event"], line["request"]) == (written, "GET /admin/password/reset/")
    assert "hunter2" not in output.getvalue()


def test_without_a_level_it_is_info() -> None:
    assert logging_at("info") == LOGGING


@pytest.mark.parametrize("level", LEVELS)
def test_our_loggers_write_what_is_asked_for_and_libraries_warnings_at_most(level: str) -> None:
    config = logging_at(level)
    assert {config["loggers"][name]["level"] for name in OURS} == {level.upper()}
    others = {config["root"]["level"], config["loggers"]["django"]["level"]}
    assert others == ({"ERROR"} if level == "error" else {"WARNING"})


def test_debug_tells_of_each_task_of_celery() -> None:
    levels = {level: logging_at(level)["loggers"]["celery.app.trace"]["level"] for level in LEVELS}
    assert levels == {"debug": "INFO", "info": "WARNING", "warning": "WARNING", "error": "ERROR"}

"""Logs are JSON lines on standard error: time, level, logger, a dotted event, and the fields given as `extra`."""

from typing import Any

import structlog

from gateway_project.log_values import cut_values, without_traces_of_refusals
from gateway_project.logged_requests import without_queries

LEVELS = ("debug", "info", "warning", "error")
DEFAULT_LEVEL = "info"
OURS = ("metering", "gateway_project", "gateway.access", "celery")
"""Loggers that write what is asked for. Libraries write warnings at most: what they say below may hold a key."""
OF_EACH_TASK = ("celery.worker.strategy", "celery.app.trace")
# What every record passes, whether it comes from structlog or from the standard library.
SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    without_queries,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": SHARED,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                without_traces_of_refusals,
                structlog.processors.format_exc_info,
                cut_values,
                structlog.processors.JSONRenderer(default=str),
            ],
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "metering": {"level": "INFO"},
        "gateway_project": {"level": "INFO"},
        "gateway.access": {"level": "INFO"},
        "celery": {"level": "INFO"},
        # A line for every task that is due, has come and is done would be six in ten seconds.
        "celery.beat": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
    },
}


def logging_at(level: str) -> dict[str, Any]:
    """The configuration with which our programs write lines of this level and above."""
    quiet = "ERROR" if level == "error" else "WARNING"
    levels = dict.fromkeys(LOGGING["loggers"], quiet) | dict.fromkeys(OURS, level.upper())
    if level == "debug":
        levels |= dict.fromkeys(OF_EACH_TASK, "INFO")
    loggers = {name: {**logger, "level": levels[name]} for name, logger in LOGGING["loggers"].items()}
    return {**LOGGING, "root": {**LOGGING["root"], "level": quiet}, "loggers": loggers}


def json_formatter() -> structlog.stdlib.ProcessorFormatter:
    """The same lines for a program that configures its own logging (`launcher/granian_log.json`)."""
    form = {name: value for name, value in LOGGING["formatters"]["json"].items() if name != "()"}
    return structlog.stdlib.ProcessorFormatter(**form)


def configure_structlog() -> None:
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )

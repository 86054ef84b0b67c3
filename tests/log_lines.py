"""Lines as they are written, caught where the application writes them."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gateway_project.logs import json_formatter


class Caught(logging.Handler):
    """Formats each record at once, as a handler of the server does."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(json_formatter())
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text in self.texts]

    def of(self, event: str) -> list[dict[str, Any]]:
        """Those whose event begins so."""
        return [line for line in self.lines if line["event"].startswith(event)]


@contextmanager
def caught_lines(*loggers: str) -> Iterator[Caught]:
    """What is logged within the block to the root logger and to those that do not pass on to it."""
    handler = Caught()
    found = [logging.getLogger(), *map(logging.getLogger, loggers)]
    for logger in found:
        logger.addHandler(handler)
    try:
        yield handler
    finally:
        for logger in found:
            logger.removeHandler(handler)

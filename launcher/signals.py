"""SIGTERM and Ctrl-C end a launcher in good order: the first one raises Stopped, further ones are ignored."""

import signal
from types import FrameType
from typing import NoReturn


class Stopped(BaseException):
    """Somebody asked the launcher to stop. Not an Exception, so that no handler takes it for a failure."""


def raise_stopped_on_signals() -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _stop)


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    for other in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)
    raise Stopped(signal.Signals(number).name)

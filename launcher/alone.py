"""One of Celery's two programs by itself, for deployments in which something else keeps it running."""

import contextlib
import subprocess
from collections.abc import Callable

from launcher.children import DRAIN_TIMEOUT_S
from launcher.errors import LauncherError
from launcher.process import stop_child
from launcher.signals import Stopped


def run_alone(name: str, start: Callable[[], "subprocess.Popen[bytes]"]) -> None:
    """Run the program in the foreground until it is asked to end. Raises LauncherError if it ends by itself."""
    child = start()
    try:
        with contextlib.suppress(Stopped):
            raise LauncherError(f"The {name} ended by itself with status {child.wait()}.")
    finally:
        stop_child(child, DRAIN_TIMEOUT_S)

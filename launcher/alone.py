"""One of Celery's two programs by itself, for deployments in which something else keeps it running."""

import argparse
import contextlib
import subprocess
from collections.abc import Callable

from launcher.children import DRAIN_TIMEOUT_S
from launcher.configuration import load_state_dir
from launcher.errors import LauncherError
from launcher.process import stop_child
from launcher.signals import Stopped
from launcher.stack import Stack, running_stack


def run_alone(
    name: str, meaning: str, start: Callable[[Stack], "subprocess.Popen[bytes]"], arguments: list[str]
) -> int:
    """Run the program in the foreground until it is asked to end. Raises LauncherError if it ends by itself."""
    argparse.ArgumentParser(prog=f"script/{name}", description=meaning).parse_args(arguments)
    with running_stack(load_state_dir()) as stack:
        child = start(stack)
        try:
            with contextlib.suppress(Stopped):
                raise LauncherError(f"The {name} ended by itself with status {child.wait()}.")
        finally:
            stop_child(child, DRAIN_TIMEOUT_S)
    return 0

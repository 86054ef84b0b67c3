"""Run a program that is asked to end when its parent dies, even by kill -9: `die_with_parent.py PARENT PROGRAM ...`.

As a program this file is executed by its path, so it imports nothing of the project.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def end_when_parent_dies(parent: int) -> bool:
    """Whether the parent was still alive when the kernel was told to send SIGTERM at its death."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    return os.getppid() == parent


def main() -> None:
    parent, program = int(sys.argv[1]), sys.argv[2:]
    if not end_when_parent_dies(parent):
        sys.exit(1)
    os.execv(program[0], program)  # noqa: S606


if __name__ == "__main__":
    main()

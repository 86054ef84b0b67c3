"""One pytest in a process of its own, beside others: it prints into a file, which is shown in its turn."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence

from launcher.configuration import REPOSITORY

TEARDOWN_TIMEOUT_S = 60.0
LOOK_S = 0.2
TAIL_BYTES = 4096


class PytestRun:
    """Tests that are not waited for: `show` says how they ended."""

    def __init__(
        self, arguments: Sequence[str], *, under: Sequence[str] = (), environment: dict[str, str]
    ) -> None:
        """Begin. `under` is a module that runs pytest, with its arguments, such as coverage."""
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  # goes with this object
        self.child = subprocess.Popen(
            [sys.executable, "-u", *under, "-m", "pytest", *arguments],
            cwd=REPOSITORY,
            env=environment,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that Ctrl-C reaches it once, from here
        )

    def show(self) -> tuple[int, str]:
        """Print what it has printed and what it still prints; its exit status, and its last line."""
        ended, shown, last = False, 0, b""
        while not ended:
            ended = self.child.poll() is not None  # before its output is read, which is whole then
            while chunk := os.pread(self._output.fileno(), 65_536, shown):
                shown += len(chunk)
                last = (last + chunk)[-TAIL_BYTES:]
                sys.stdout.buffer.write(chunk)
                sys.stdout.buffer.flush()
            if not ended:
                time.sleep(LOOK_S)
        lines = [line for line in last.decode(errors="replace").splitlines() if line.strip()]
        return self.child.returncode, lines[-1] if lines else "pytest printed nothing"


def stop(children: Iterable["subprocess.Popen[bytes]"]) -> None:
    """Let the tests end what they have started, where they still run."""
    running = [child for child in children if child.poll() is None]
    for child in running:
        child.send_signal(signal.SIGINT)
    for child in running:
        try:
            child.wait(TEARDOWN_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

"""A server's ledger process that tells which files of ours a command enters, up to the first SQL.

Where the file ASKED exists in the state directory, the next commands that come are traced; what they entered is then in
the file FOUND there, and ASKED is gone.
"""

import os
import sys
import threading
from pathlib import Path
from types import FrameType

import msgspec

from bench.entered import Entered, connections_here, has_sent
from gateway_project.ledger_process import main
from metering.ledger.apart.served import Served

PROGRAM = (sys.executable, "-P", "-m", "bench.traced_ledger")
ASKED, FOUND = "trace_asked", "trace_found"


class TracedProcess:
    """The function for `sys.setprofile` of the whole process."""

    def __init__(self, folder: Path) -> None:
        self._asked, self._found = folder / ASKED, folder / FOUND
        self._first = Served.data_received.__code__
        self._tracing: Entered | None = None

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        """Handle an event of `sys.setprofile`."""
        if event == "call" and frame.f_code is self._first and self._asked.exists():
            self._asked.unlink()
            connections = connections_here()
            self._tracing = Entered(self._first, lambda frame: any(map(has_sent, connections)))
            self._tracing.arm()
        if self._tracing is None:
            return
        self._tracing(frame, event, argument)
        if not self._tracing.is_armed:
            written = self._found.with_suffix(".new")
            written.write_bytes(msgspec.json.encode(self._tracing.read()))
            written.rename(self._found)
            self._tracing = None


if __name__ == "__main__":
    traced = TracedProcess(Path(os.environ["GATEWAY_STATE_DIR"]))
    threading.setprofile(traced)
    sys.setprofile(traced)
    main()

"""Stops the embedded servers of a state folder when their last user was killed and could not do so itself.

`python -m launcher.keeper STATE_DIR`, started by stack.py, one per state folder.
"""

import fcntl
import os
import sys
import time
from pathlib import Path

from launcher.locks import in_use_lock, keeper_lock, start_lock, try_exclusive
from launcher.servers import Servers

POLL_INTERVAL_S = 1.0


def keep(state_dir: Path) -> None:
    """Return when the servers are stopped, or when the folder itself is gone."""
    with keeper_lock(state_dir) as own:
        fcntl.flock(own, fcntl.LOCK_EX)
        own.truncate(0)
        own.write(str(os.getpid()))
        own.flush()
        while state_dir.is_dir():
            time.sleep(POLL_INTERVAL_S)
            with start_lock(state_dir), in_use_lock(state_dir) as in_use:
                if try_exclusive(in_use):
                    Servers(state_dir).stop()
                    return


if __name__ == "__main__":
    keep(Path(sys.argv[1]))

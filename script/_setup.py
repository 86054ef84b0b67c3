"""Make .venv and install one pinned set into it: `_setup.py runtime|dev`. Standard library only.

Does nothing, and takes milliseconds, when the set is there already. Two scripts may start at once: the second waits.
A virtual environment that was left half-made is made again.
"""

import contextlib
import fcntl
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
# The development set contains the runtime set, with the same pins.
PROVIDES = {"runtime": ("runtime",), "dev": ("dev", "runtime")}


def main() -> None:
    requirements = sys.argv[1]
    try:
        if not is_installed(requirements):
            with only_one():
                if not is_installed(requirements):  # another script may have done it meanwhile
                    install(requirements)
    except OSError as error:
        sys.exit(f"error: {VENV} cannot be prepared: {error.strerror or error}")
    except KeyboardInterrupt:
        sys.exit(130)  # the next start goes on where this one stopped


def is_installed(requirements: str) -> bool:
    stamp = stamp_file(requirements)
    return PYTHON.exists() and stamp.is_file() and stamp.read_text() == checksum(requirements)


def stamp_file(requirements: str) -> Path:
    return VENV / f".installed-{requirements}"


def checksum(requirements: str) -> str:
    return hashlib.sha256((ROOT / "requirements" / f"{requirements}.txt").read_bytes()).hexdigest()


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Locks this very file, which exists in every clone and is never written."""
    with Path(__file__).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install(requirements: str) -> None:
    print(f"Preparing .venv ({requirements} set), once; this takes about a minute ...", file=sys.stderr)
    if not has_pip():
        make_venv()
    for name in PROVIDES:
        stamp_file(name).unlink(missing_ok=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    pip += ["--require-hashes", "--requirement", str(ROOT / "requirements" / f"{requirements}.txt")]
    run_logged(pip, "the pinned packages could not be installed")
    for name in PROVIDES[requirements]:
        stamp_file(name).write_text(checksum(name))


def has_pip() -> bool:
    """Whether the environment is whole: its interpreter starts and finds pip."""
    if not PYTHON.exists():
        return False
    return (
        subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0
    )


def make_venv() -> None:
    if VENV.is_symlink() or VENV.is_file():
        VENV.unlink()
    done = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"error: {VENV} could not be made: {last_line(done.stdout + done.stderr)}")


def run_logged(command: list[str], failure: str) -> None:
    log = VENV / "install.log"
    with log.open("w") as output:
        done = subprocess.run(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        sys.exit(f"error: {failure}: {last_line(log.read_text())} (log: {log})")


def last_line(text: str) -> str:
    """pip repeats its error last; an ERROR line says more than a trailing hint."""
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["no output"]
    return next((line for line in reversed(lines) if line.startswith("ERROR")), lines[-1])


if __name__ == "__main__":
    main()

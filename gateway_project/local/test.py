"""`script/test [pytest arguments]`: every check and every test, on servers of its own that are gone afterwards.

With arguments, pytest alone runs with these. The last line is pytest's own summary.
"""

import os
import subprocess
import sys

from gateway_project.local.check import report, run_checks, run_python, temporary_state
from gateway_project.local.configuration import REPOSITORY, load_state_dir
from gateway_project.local.stack import prepare_state_dir, running_stack

# Coverage, in percent, below which the run fails.
FLOORS = {"metering": ("metering/*", 90), "the whole": ("*", 80)}


def main(arguments: list[str]) -> int:
    load_state_dir()
    with temporary_state() as folder, running_stack(prepare_state_dir(folder)) as stack:
        os.environ.update(stack.environment())
        if arguments:
            return run_pytest(arguments)[0]
        failed = run_checks()
        if not run_python("migrations", ["manage.py", "makemigrations", "--check", "--dry-run"]):
            failed.append("migrations")
        status, summary = run_pytest([], "-m", "coverage", "run")
        failed += ["pytest"] if status else []
        failed += [f"coverage of {name}" for name in FLOORS if not has_coverage(name)]
    status = report(failed)
    print(summary)
    return status


def has_coverage(name: str) -> bool:
    """`python -m coverage report` shows afterwards which lines are missing."""
    pattern, floor = FLOORS[name]
    options = ["--format=total", f"--include={pattern}", f"--fail-under={floor}"]
    return run_python(
        f"coverage of {name} in percent, {floor} wanted", ["-m", "coverage", "report", *options]
    )


def run_pytest(arguments: list[str], *under: str) -> tuple[int, str]:
    """Its exit status and its last line; what it prints is passed through as it comes.

    Coverage runs pytest, not the other way round: what plugins import early is counted too.
    """
    child = subprocess.Popen(
        [sys.executable, "-u", *under, "-m", "pytest", *arguments], cwd=REPOSITORY, stdout=subprocess.PIPE
    )
    try:
        summary = pass_through(child)
        return child.wait(), summary
    finally:
        child.terminate()
        child.wait()


def pass_through(child: "subprocess.Popen[bytes]") -> str:
    last = b""
    assert child.stdout is not None  # noqa: S101  (a pipe was asked for)
    while chunk := os.read(child.stdout.fileno(), 65_536):
        sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
        last = (last + chunk)[-4096:]
    lines = [line for line in last.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "pytest printed nothing"

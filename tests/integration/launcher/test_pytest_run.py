"""The runs of pytest that `script/test` has beside each other, with tests of their own."""

import signal
from pathlib import Path

import pytest

from launcher.process import wait_until
from launcher.pytest_run import PytestRun, stop

SLEEPS = """
import pytest, time
from pathlib import Path

@pytest.fixture
def resource():
    Path({folder!r}, "taken").touch()
    yield
    Path({folder!r}, "given back").touch()

def test_that_sleeps(resource):
    Path({folder!r}, "begun").touch()
    time.sleep(600)
"""


def run_of(folder: Path, tests: str) -> PytestRun:
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -p no:django -p no:cacheprovider\n")
    (folder / "test_it.py").write_text(tests)
    return PytestRun(["-c", str(folder / "pytest.ini"), str(folder / "test_it.py")], environment={})


def test_what_it_prints_is_shown_whole_with_its_status_and_last_line(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    status, summary = run_of(tmp_path, "def test_it(): raise SystemError('y' * 200_000)").show()
    shown = capfdbinary.readouterr().out
    assert status == 1
    assert "1 failed" in summary
    assert b"test session starts" in shown
    assert b"y" * 200_000 in shown
    assert shown.rstrip().endswith(summary.encode())


def test_it_passes_when_its_tests_pass(tmp_path: Path) -> None:
    status, summary = run_of(tmp_path, "def test_it(): pass").show()
    assert status == 0
    assert "1 passed" in summary


def test_tests_that_are_stopped_give_back_what_they_have_taken(tmp_path: Path) -> None:
    run = run_of(tmp_path, SLEEPS.format(folder=str(tmp_path)))
    try:
        assert wait_until((tmp_path / "begun").exists, 60)
    finally:
        stop([run.child])
    assert run.child.returncode not in (0, -signal.SIGKILL)
    assert (tmp_path / "taken").exists()
    assert (tmp_path / "given back").exists()

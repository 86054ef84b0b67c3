"""What every script does first: a virtual environment with exactly the pinned set, made once."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SETUP = Path(__file__).resolve().parents[2] / "script" / "_setup.py"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A tree with the set-up program and empty sets, which install at once."""
    root = tmp_path / "a clone"
    (root / "script").mkdir(parents=True)
    (root / "requirements").mkdir()
    shutil.copy(SETUP, root / "script")
    for name in ("runtime", "dev"):
        (root / "requirements" / f"{name}.txt").write_text(f"# {name}\n")
    return root


def set_up(clone: Path, requirements: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(clone, requirements), env={}, capture_output=True, text=True, check=False)


def command(clone: Path, requirements: str) -> list[str]:
    # The interpreter below the test's own environment, as on a machine where nothing is set up yet.
    python = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    return [str(python), str(clone / "script" / "_setup.py"), requirements]


def works(clone: Path) -> bool:
    python = clone / ".venv" / "bin" / "python"
    return (
        subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0
    )


def test_it_installs_once_and_again_when_the_pins_change(clone: Path) -> None:
    assert "Preparing .venv" in set_up(clone, "runtime").stderr
    assert works(clone)
    assert set_up(clone, "runtime").stderr == ""
    (clone / "requirements" / "runtime.txt").write_text("# changed\n")
    assert "Preparing .venv" in set_up(clone, "runtime").stderr


def test_the_development_set_serves_the_runtime_scripts_too(clone: Path) -> None:
    set_up(clone, "dev")
    assert set_up(clone, "runtime").stderr == ""


def test_a_half_made_environment_is_made_again(clone: Path) -> None:
    (clone / ".venv" / "bin").mkdir(parents=True)
    (clone / ".venv" / "bin" / "python").symlink_to("/nowhere/python3")
    assert set_up(clone, "runtime").returncode == 0
    assert works(clone)


def test_two_scripts_may_start_at_once(clone: Path) -> None:
    both = [
        subprocess.Popen(command(clone, "runtime"), env={}, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    messages = [process.communicate()[1] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(bool(message) for message in messages) == [False, True]
    assert works(clone)


def test_a_set_that_cannot_be_installed_is_one_line_with_the_log(clone: Path) -> None:
    (clone / "requirements" / "runtime.txt").write_text(
        "./absent-0.1-py3-none-any.whl --hash=sha256:" + "0" * 64
    )
    done = set_up(clone, "runtime")
    assert done.returncode != 0
    message = done.stderr.splitlines()[-1]
    assert message.startswith("error: the pinned packages could not be installed: ")
    assert f"(log: {clone / '.venv' / 'install.log'})" in message
    assert len(done.stderr.splitlines()) == 2


def test_packages_for_node_that_cannot_be_installed_are_one_line_and_tried_again(clone: Path) -> None:
    (clone / "requirements" / "node").mkdir()
    (clone / "requirements" / "node" / "package-lock.json").write_text("{}")
    for _ in range(2):
        done = set_up(clone, "runtime")
        assert done.returncode != 0
        assert done.stderr.splitlines()[-1].startswith(
            "error: the pinned packages for Node could not be installed: ModuleNotFoundError"
        )


def test_the_packages_for_node_are_pinned_with_hashes_and_name_no_host() -> None:
    lock = (SETUP.parents[1] / "requirements" / "node" / "package-lock.json").read_text()
    packages = {name: pins for name, pins in json.loads(lock)["packages"].items() if name}
    assert set(packages) == {
        "node_modules/@plantuml/core",
        "node_modules/@xmldom/xmldom",
        "node_modules/axe-core",
        *("node_modules/standardwebhooks", "node_modules/@stablelib/base64", "node_modules/fast-sha256"),
    }
    assert all(pins["integrity"].startswith("sha512-") for pins in packages.values())
    assert "://" not in lock


def test_the_programs_for_tests_are_pinned_with_hashes_and_name_no_host() -> None:
    lock = (SETUP.parents[1] / "requirements" / "node_cli" / "package-lock.json").read_text()
    packages = [pins for name, pins in json.loads(lock)["packages"].items() if name]
    assert all(pins["integrity"].startswith("sha512-") for pins in packages)
    assert "://" not in lock


def test_no_set_but_their_own_brings_the_programs_for_tests(clone: Path) -> None:
    (clone / "requirements" / "node_cli").mkdir()
    (clone / "requirements" / "node_cli" / "package-lock.json").write_text("{}")
    assert set_up(clone, "dev").returncode == 0
    assert set_up(clone, "runtime").returncode == 0
    assert not (clone / ".venv" / "node_cli").exists()
    done = set_up(clone, "node_cli")
    assert done.stderr.splitlines()[-1].startswith(
        "error: the pinned packages for Node could not be installed: ModuleNotFoundError"
    )

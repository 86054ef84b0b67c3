"""`.ci/run`, in a clone whose tests only say how they were called, on a machine with nothing but a few programs."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.integration.clone import REPOSITORY

TESTS = '#!/bin/bash\necho "browser required: $REQUIRE_BROWSER"\n'
APT_GET = """#!/bin/bash
echo "$@" >>"$PROGRAMS/apt-get.log"
if [[ $1 == install ]]; then ln -s apt-get "$PROGRAMS/chromium"; fi
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    for name in ("dirname", "ln"):
        (tmp_path / "bin" / name).symlink_to(str(shutil.which(name)))
    (tmp_path / ".ci").mkdir()
    shutil.copy(REPOSITORY / ".ci" / "run", tmp_path / ".ci")
    add_program(tmp_path / "script" / "test", TESTS)
    return tmp_path


def add_program(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def run(clone: Path) -> subprocess.CompletedProcess[str]:
    programs = str(clone / "bin")
    return subprocess.run(
        ["/bin/bash", str(clone / ".ci" / "run")],
        cwd="/",
        env={"PATH": programs, "PROGRAMS": programs},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_installs_a_browser_where_there_is_none_and_runs_the_tests(clone: Path) -> None:
    add_program(clone / "bin" / "apt-get", APT_GET)
    assert run(clone).stdout == "browser required: 1\n"
    asked = (clone / "bin" / "apt-get.log").read_text().splitlines()
    assert [line.split()[0] for line in asked] == ["update", "install"]
    assert asked[1].endswith(" chromium")


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_it_installs_nothing_where_there_is_a_browser(clone: Path, name: str) -> None:
    add_program(clone / "bin" / "apt-get", APT_GET)
    add_program(clone / "bin" / name, "")
    assert run(clone).stdout == "browser required: 1\n"
    assert not os.path.lexists(clone / "bin" / "apt-get.log")


@pytest.mark.parametrize("apt_get", ["#!/bin/bash\nexit 100\n", "#!/bin/bash\n", None])
def test_it_fails_before_the_tests_where_no_browser_can_be_installed(
    clone: Path, apt_get: str | None
) -> None:
    if apt_get is not None:
        add_program(clone / "bin" / "apt-get", apt_get)
    done = run(clone)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1].startswith("error: no Chromium")

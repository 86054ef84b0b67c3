"""Programs that people write code with, as they are published, in front of the gateway."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from metering.models import UsageLog
from tests.e2e.server import Server, running_server
from tests.factories import reference_data
from tests.served import serve_model, settled_ledger

REPOSITORY = Path(__file__).resolve().parents[3]
MODULES = REPOSITORY / ".venv" / "node_cli" / "node_modules"
REQUIRED = "REQUIRE_CODING_TOOLS"
TIMEOUT_S = 120.0


@pytest.fixture(scope="session")
def modules() -> Path:
    """The packages of requirements/node_cli: nothing is downloaded unless REQUIRE_CODING_TOOLS is set."""
    if not MODULES.is_dir() and not os.environ.get(REQUIRED):
        pytest.skip("no Claude Code and no Codex: `python3 script/_setup.py node_cli` downloads them, 250 MB")
    setup = [sys.executable, str(REPOSITORY / "script" / "_setup.py"), "node_cli"]
    done = subprocess.run(setup, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return MODULES


@pytest.fixture
def server(transactional_db: Any) -> Iterator[Server]:
    """The whole application, with a model that has room for the long prompts of these programs."""
    reference_data()
    serve_model("sandbox-small", context_tokens=200_000, max_output_tokens=8_192)
    with settled_ledger(), running_server() as server:
        yield server


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """The folder in which a program works."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def run(
    command: list[str], *, folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """To its end, with nothing of this process's environment but PATH."""
    return subprocess.run(
        command,
        cwd=folder,
        env={"PATH": os.environ["PATH"], **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def settled_calls() -> list[UsageLog]:
    """Every attempt, each of which came to a good end and cost something."""
    rows = list(UsageLog.objects.order_by("id"))
    assert all(row.outcome == "ok" and row.cost_nano_usd > 0 and not row.estimated for row in rows)
    return rows

"""`script/bench client`: the client's wheel in empty environments, and how long its import takes.

For each Python from 3.11 to 3.13 that is on the path: an environment with the wheel and what it needs, from the package
index; a call, a stream and the models of a real gateway; and the import, 15 times, by `python -X importtime`.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from bench import installed_client
from bench.http.servers import running_servers
from bench.report import Report, new_report, print_table
from launcher.configuration import REPOSITORY

PYTHONS = ("python3.11", "python3.12", "python3.13")
MODEL = "mock-fast"
IMPORTS = 15
MOST_IMPORT_MS = 150.0
WORKS = {"of_the_gateway": [], "chat": True, "stream": True, "async": True, "models": True, "tokens": 4}
_IMPORT = re.compile(r"import time:\s+\d+ \|\s+(\d+) \| gateway_client$", re.MULTILINE)


def measure(conninfo: str) -> Report:
    """`ok` says that it works on all of them, and is imported in time."""
    report = new_report("client", conninfo)
    with tempfile.TemporaryDirectory(prefix="gateway-client-") as name, running_servers() as servers:
        folder = Path(name)
        wheel, url = _wheel(folder), f"http://127.0.0.1:{servers.gateway.port}"
        for python in PYTHONS:
            found = _found(python)
            row = _row(found, wheel, folder / python, url, servers.token) if found else None
            report["figures"].append(
                {"python": python, **(row or {"works": "not on the path", "import_ms": ""})}
            )
            report["ok"] &= row is not None and row["works"] == "yes" and row["import_ms"] <= MOST_IMPORT_MS
    print_table(f"The client alone; its import, median of {IMPORTS}", report["figures"])
    return report


def _found(python: str) -> str | None:
    """Where an interpreter is; one that is there in name only, as a version manager leaves them, is not."""
    path = shutil.which(python)
    if path is None or subprocess.run([path, "--version"], capture_output=True, check=False).returncode:
        return None
    return path


def _wheel(folder: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    _run([*pip, "--wheel-dir", str(folder), str(REPOSITORY / "gateway_client")], folder)
    return next(folder.glob("*.whl"))


def _row(python: str, wheel: Path, folder: Path, url: str, token: str) -> dict[str, Any]:
    _run([python, "-m", "venv", str(folder)], wheel.parent)
    own = str(folder / "bin" / "python")
    _run([own, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel)], folder)
    told = json.loads(_run([own, "-I", str(Path(installed_client.__file__)), url, token, MODEL], folder))
    imports = [
        int(_IMPORT.findall(_run([own, "-I", "-X", "importtime", "-c", "import gateway_client"], folder))[0])
        for _ in range(IMPORTS)
    ]
    version = _run([own, "--version"], folder).split()[-1]
    return {
        "version": version,
        "works": "yes" if told == WORKS else json.dumps(told),
        "import_ms": round(median(imports) / 1000, 1),
    }


def _run(command: list[str], folder: Path) -> str:
    """What a program says on both its outputs. Raises CalledProcessError, with that, if it fails."""
    done = subprocess.run(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        print(done.stdout, file=sys.stderr)
        raise subprocess.CalledProcessError(done.returncode, command)
    return done.stdout

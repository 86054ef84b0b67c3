"""The package by itself: what its import loads, and its wheel where nothing of the gateway is."""

import json
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import gateway_client
from launcher.configuration import REPOSITORY

HEAVY = (
    "openai",
    "httpx2",
    "rich",
    "typer",
    "splintr",
    "keyring",
    "pydantic",
    "asyncio",
    "filelock",
    "platformdirs",
)
GATEWAYS = ("django", "metering", "providers", "adapters", "gateway_project", "admin_console", "launcher")
LOADED = f"import json, sys; print(json.dumps([name for name in {HEAVY + GATEWAYS} if name in sys.modules]))"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel contains."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    source = str(REPOSITORY / "gateway_client")
    subprocess.run([*pip, "--wheel-dir", str(folder), source], check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def ran(installed: Path, program: str) -> str:
    """What a program says that can import the wheel and the packages of this environment, and no file of ours."""
    environment = {"PYTHONPATH": str(installed), "PATH": os.environ["PATH"], "HOME": str(installed)}
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], cwd=installed, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_is_imported_without_its_heavy_parts(installed: Path) -> None:
    names = (
        "AuthenticationError, BudgetExceededError, Credential, CredentialStore, Settings, Tool, load_settings"
    )
    assert json.loads(ran(installed, f"from gateway_client import {names}; {LOADED}")) == []


def test_the_wheel_has_every_public_name_and_needs_nothing_of_the_gateway(installed: Path) -> None:
    program = f"""
import gateway_client
assert gateway_client.__file__.startswith({str(installed)!r})
for name in gateway_client.__all__:
    getattr(gateway_client, name)
client = gateway_client.GatewayClient(gateway_client.Settings(base_url="http://127.0.0.1:1", api_key="ati_x"))
assert client.count_tokens("Hello, world!") == 4
assert client.openai.base_url.path == "/v1/"
{LOADED}"""
    assert [name for name in json.loads(ran(installed, program)) if name in GATEWAYS] == []


def test_the_wheel_contains_all_modules_and_the_mark_of_types(installed: Path) -> None:
    def modules(folder: Path) -> set[str]:
        return {str(path.relative_to(folder)) for path in folder.rglob("*.py")}

    here = REPOSITORY / "gateway_client"
    assert modules(installed / "gateway_client") == modules(here)
    assert (installed / "gateway_client" / "py.typed").is_file()


def test_the_version_is_said_once_in_two_places() -> None:
    project = tomllib.loads((REPOSITORY / "gateway_client" / "pyproject.toml").read_text())["project"]
    assert project["version"] == gateway_client.__version__


def test_time_zones_come_along_for_systems_that_have_none(installed: Path) -> None:
    project = tomllib.loads((REPOSITORY / "gateway_client" / "pyproject.toml").read_text())["project"]
    assert "tzdata" in project["dependencies"]
    program = "import zoneinfo; zoneinfo.reset_tzpath(()); print(zoneinfo.ZoneInfo('Europe/Berlin'))"
    assert ran(installed, program) == "Europe/Berlin\n"


def test_a_name_that_is_not_public_is_no_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = gateway_client.Nothing
    assert set(gateway_client.__all__) <= set(dir(gateway_client))

"""deploy/systemd: what each unit starts exists, gets its secrets as files, and may do little."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from gateway_project.asgi import DRAIN_S

ROOT = Path(__file__).parents[3]
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
INSTALLED = "/opt/llm-gateway/"


def settings(unit: Path) -> list[tuple[str, str]]:
    lines = [line for line in unit.read_text().splitlines() if "=" in line and not line.startswith("#")]
    return [(name, value) for name, _, value in (line.partition("=") for line in lines)]


def one(unit: Path, name: str) -> str:
    [value] = [value for found, value in settings(unit) if found == name]
    return value


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_starts_a_script_that_is_there_as_a_user_without_powers(unit: Path) -> None:
    program = one(unit, "ExecStart").split()[0]
    assert program.startswith(INSTALLED)
    assert (ROOT / program.removeprefix(INSTALLED)).stat().st_mode & 0o111
    assert (one(unit, "User"), one(unit, "CapabilityBoundingSet")) == ("llm-gateway", "")
    assert (one(unit, "ProtectSystem"), one(unit, "NoNewPrivileges")) == ("strict", "yes")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_every_secret_is_a_credential_that_make_secrets_makes(unit: Path) -> None:
    made = (ROOT / "deploy" / "make-secrets").read_text()
    credentials = [value.partition(":")[0] for name, value in settings(unit) if name == "LoadCredential"]
    files = [value for name, value in settings(unit) if name == "Environment" and "_FILE=" in value]
    assert files == [f"{name.upper()}_FILE=%d/{name}" for name in credentials]
    assert len(credentials) == 8
    assert all(name in made for name in credentials)


def test_calls_have_the_time_to_end_that_the_gateway_gives_them() -> None:
    [gateway] = [unit for unit in UNITS if unit.name == "llm-gateway@.service"]
    assert int(one(gateway, "TimeoutStopSec")) >= DRAIN_S + 30


SERVERS = [unit for unit in UNITS if unit.name != "llm-gateway-migrate.service"]
BINDS = ("Requires", "Requisite", "BindsTo", "PartOf")
"""With these, whoever names a unit is stopped and restarted with it (systemd.unit(5))."""


@pytest.mark.parametrize("unit", SERVERS, ids=lambda unit: unit.name)
def test_a_migration_that_is_run_again_or_fails_stops_no_server(unit: Path) -> None:
    assert not any(name in BINDS for name, _ in settings(unit))
    assert all("llm-gateway-migrate.service" in one(unit, name).split() for name in ("After", "Wants"))


@pytest.mark.parametrize("unit", SERVERS, ids=lambda unit: unit.name)
def test_a_server_that_ends_is_started_again_however_often(unit: Path) -> None:
    assert (one(unit, "Restart"), one(unit, "StartLimitIntervalSec")) == ("always", "0")


def test_all_programs_of_a_machine_take_over_each_others_spools() -> None:
    shared = dict(settings(ROOT / "deploy" / "systemd" / "environment"))["SPOOL_DIR"]
    for unit in SERVERS:
        assert shared.startswith(f"/var/lib/{one(unit, 'StateDirectory')}/"), "which it may write to"
        assert one(unit, "EnvironmentFile") == "/etc/llm-gateway/environment"
        assert not any("SPOOL_DIR" in value for _, value in settings(unit))
    assert "SPOOL_DIR" not in (ROOT / "deploy" / "systemd" / "llm-gateway-manage").read_text()


def test_a_command_has_every_setting_of_the_units_and_keeps_what_is_set(tmp_path: Path) -> None:
    script = (ROOT / "deploy" / "systemd" / "llm-gateway-manage").read_text()
    loop = script[script.index("while IFS") : script.index("done <")]
    (tmp_path / "environment").write_text(
        "# a sentence\nAI21_API_KEY_FILE=/etc/ai21\nPUBLIC_URL=https://a.example/?b=c\nDATABASE_URL=one\n"
    )
    told = subprocess.run(
        ["bash", "-euc", f"{loop} done <{tmp_path}/environment; env"],
        env={"PATH": os.environ["PATH"], "DATABASE_URL": "another"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    wanted = {"AI21_API_KEY_FILE=/etc/ai21", "PUBLIC_URL=https://a.example/?b=c", "DATABASE_URL=another"}
    assert wanted <= set(told)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not on this machine")
def test_systemd_itself_finds_nothing_wrong(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text().replace(INSTALLED, f"{ROOT}/")
        (tmp_path / unit.name.replace("@.", "@7007.")).write_text(text)
    units = sorted(map(str, tmp_path.iterdir()))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")

"""`check_claims` as people and scripts run it."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

ROOT = Path(__file__).parents[4]
GOOD = "1. A pump comprising a rotor (12)."
BAD = "1. A pump comprising a rotor (13), wherein the lid is steel."


@pytest.fixture
def claims(tmp_path: Path) -> Path:
    return tmp_path / "claims.txt"


def test_claims_without_fault_end_well_and_say_so(claims: Path) -> None:
    claims.write_text(GOOD)
    output = io.StringIO()
    call_command("check_claims", str(claims), stdout=output)
    assert output.getvalue() == "Nothing was found.\n"


def test_errors_are_a_line_each_and_exit_status_1(claims: Path) -> None:
    claims.write_text(BAD)
    output = io.StringIO()
    with pytest.raises(CommandError, match=r"^1 error\.$") as refused:
        call_command("check_claims", str(claims), stdout=output)
    assert refused.value.returncode == 1
    assert output.getvalue() == (
        "claim 1:40-47 error antecedent_missing: `the lid` has no antecedent in this claim or its parents. "
        "Introduce it first, as in `a lid`.\n"
    )


def test_json_has_every_finding_and_the_other_files_are_read(claims: Path, tmp_path: Path) -> None:
    claims.write_text(BAD)
    for name, text in (
        ("description", "The pump has a rotor 12."),
        ("abstract", "a " * 151),
        ("drawings", "12"),
    ):
        (tmp_path / name).write_text(text)
    others = [f"--{name}={tmp_path / name}" for name in ("description", "abstract", "drawings")]
    output = io.StringIO()
    with pytest.raises(CommandError):
        call_command("check_claims", str(claims), *others, "--jurisdiction=EP", "--json", stdout=output)
    findings = json.loads(output.getvalue())["findings"]
    assert [(one["claim"], one["code"], one["severity"]) for one in findings] == [
        (1, "numeral_mismatch", "error"),
        (1, "antecedent_missing", "error"),
        (None, "abstract_length", "warning"),
    ]


def test_a_file_that_is_not_there_is_one_clear_line(claims: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read") as refused:
        call_command("check_claims", str(claims))
    assert refused.value.returncode == 2, "not the 1 of claims with errors"


def test_claims_that_are_too_long_are_refused_and_not_checked(claims: Path) -> None:
    claims.write_text("x" * 200_001)
    with pytest.raises(CommandError, match="at most 200,000 characters") as refused:
        call_command("check_claims", str(claims))
    assert refused.value.returncode == 2


def test_it_needs_no_database_and_starts_none(claims: Path, tmp_path: Path) -> None:
    claims.write_text(GOOD)
    state = tmp_path / "state"
    done = subprocess.run(
        [sys.executable, "manage.py", "check_claims", str(claims)],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "GATEWAY_STATE_DIR": str(state)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "Nothing was found.\n")
    assert not (state / "postgres").exists()

"""A new dimension is one line in metering/amounts.py, a new label one in metering/labels.py, and a migration."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[4]
BESIDE = ("gateway_project", "admin_console", "adapters", "providers", "launcher", "tests", "manage.py")
LAST_AMOUNT = "    steps: int = 0\n"
NEW_AMOUNT = "    pictures: int = 0\n"
LAST_LABEL = '    trace_id: Annotated[str | None, Label("trace", groups=False)] = None\n'
NEW_LABEL = '    project_id: Annotated[str | None, Label("project")] = None\n'
TIMEOUT_S = 60


def add_line(file: Path, line: str, *, behind: str) -> None:
    text = file.read_text()
    assert text.count(behind) == 1
    file.write_text(text.replace(behind, behind + line))


def test_a_line_for_a_dimension_and_one_for_a_label_bring_them_from_the_hold_to_the_report(
    conninfo: str, tmp_path: Path
) -> None:
    shutil.copytree(REPOSITORY / "metering", tmp_path / "metering")
    for name in BESIDE:
        (tmp_path / name).symlink_to(REPOSITORY / name)
    add_line(tmp_path / "metering" / "amounts.py", NEW_AMOUNT, behind=LAST_AMOUNT)
    add_line(tmp_path / "metering" / "labels.py", NEW_LABEL, behind=LAST_LABEL)

    run = subprocess.run(
        [sys.executable, "-m", "tests.integration.metering.ledger.one_line_more"],
        cwd=tmp_path,
        env=os.environ | {"DATABASE_URL": conninfo},
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )

    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == {
        "answers": ["Granted", "Ended", "Denied"],
        "report": [{"project": "the bridge", "pictures": 3}],
        "broken": [],
    }

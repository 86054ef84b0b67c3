"""Make the data folder of an embedded PostgreSQL."""

import secrets
import shutil
import subprocess
from pathlib import Path

from gateway_project.local.errors import LocalError
from gateway_project.local.postgres_programs import as_owner_of, binary, give_away
from gateway_project.local.process import reason_in

USER = "gateway"
# The builtin provider sorts the same on every machine, whatever locales are installed there.
OPTIONS = [
    *("--auth=scram-sha-256", "--encoding=UTF8", "--no-instructions"),
    *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
]


def create_data_dir(data_dir: Path, log: Path) -> None:
    """Make it aside and rename it, so that an interrupted first run leaves nothing half-made."""
    if data_dir.exists() and any(data_dir.iterdir()):
        raise LocalError(f"{data_dir} is not a PostgreSQL data folder; move it away and try again.")
    partial = data_dir.with_name(data_dir.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700, parents=True)
    give_away(partial)
    # PostgreSQL wants the folder empty, so the password comes in afterwards.
    password_file = data_dir.with_name(data_dir.name + ".password")
    password_file.touch(mode=0o600)
    password_file.write_text(secrets.token_urlsafe(24))
    command = [binary("initdb"), "-D", str(partial), "-U", USER, f"--pwfile={password_file}", *OPTIONS]
    with log.open("ab") as output:
        done = subprocess.run(as_owner_of(partial, command), stdout=output, stderr=output, check=False)
    if done.returncode:
        raise LocalError(f"initdb failed: {reason_in(log)} (log: {log})")
    password_file.rename(partial / "gateway.password")
    if data_dir.exists():
        data_dir.rmdir()
    partial.rename(data_dir)

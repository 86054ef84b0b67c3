"""Make the data folder of an embedded PostgreSQL."""

import os
import shutil
import subprocess
from pathlib import Path

from launcher.errors import LauncherError
from launcher.postgres_programs import binary
from launcher.postgres_roles import SUPERUSER, SUPERUSER_PASSWORD, new_password, write_private
from launcher.powers import as_owner_of, bare_environment, give_away
from launcher.process import reason_in

HERE = "/proc/self/cwd"
"""The data folder as its server names it: an ordinary user who may not enter the folders above is in it already."""
# The builtin provider sorts the same on every machine, whatever locales are installed there.
OPTIONS = [
    *("--auth=scram-sha-256", "--encoding=UTF8", "--no-instructions"),
    *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
]


def create_data_dir(data_dir: Path, log: Path) -> None:
    """Make it aside and rename it, so that an interrupted first run leaves nothing half-made."""
    if data_dir.exists() and any(data_dir.iterdir()):
        raise LauncherError(f"{data_dir} is not a PostgreSQL data folder; move it away and try again.")
    partial = data_dir.with_name(data_dir.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700, parents=True)
    # PostgreSQL wants the folder empty, so the password comes in afterwards.
    password_file = data_dir.with_name(data_dir.name + ".password")
    write_private(password_file, new_password())
    give_away(partial, password_file)
    with log.open("ab") as output, password_file.open() as password:
        source = f"/proc/self/fd/{password.fileno()}"
        command = [binary("initdb"), "-D", HERE, "-U", SUPERUSER, f"--pwfile={source}", *OPTIONS]
        done = subprocess.run(
            as_owner_of(partial, command),
            cwd=partial,
            env=bare_environment(),
            stdout=output,
            stderr=output,
            pass_fds=[password.fileno()],
            check=False,
        )
    if done.returncode:
        raise LauncherError(f"initdb failed: {reason_in(log)} (log: {log})")
    os.chown(password_file, os.getuid(), -1)
    password_file.rename(partial / SUPERUSER_PASSWORD)
    if data_dir.exists():
        data_dir.rmdir()
    partial.rename(data_dir)

#!/usr/bin/python3
"""What stands for systemctl in a newcomer's run: starts our units' programs, and hands Debian's to `service`.

Of a unit it knows User, StateDirectory, Environment, EnvironmentFile, LoadCredential, Type and ExecStart; no fence, and
no restart.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

UNITS, RUN, LOGS = Path("/etc/systemd/system"), Path("/run/units"), Path("/var/log/units")
OURS = "llm-gateway"
STOP_S = 60


def main() -> int:
    verb, *names = [word for word in sys.argv[1:] if not word.startswith("--")]
    if verb == "daemon-reload":
        return 0
    for name in names:
        if not name.startswith(OURS):
            if verb == "restart":
                subprocess.run(["service", name, "stop"], check=False)
            status = subprocess.run(["service", name, "start"], check=False).returncode
            if status:
                return status
            continue
        stop(name)
        if start(name):
            print(f"Job for {name}.service failed; its log is {LOGS / name}.log", file=sys.stderr)
            return 1
    return 0


def settings(name: str) -> list[tuple[str, str]]:
    """The unit's lines, with %i and %d put in."""
    base, at, instance = name.partition("@")
    text = (UNITS / f"{base}{at}.service").read_text()
    text = text.replace("%i", instance).replace("%d", str(credentials(name)))
    return [
        (key, value) for key, _, value in (line.partition("=") for line in text.splitlines() if "=" in line)
    ]


def credentials(name: str) -> Path:
    return Path("/run/credentials") / f"{name}.service"


def start(name: str) -> int:
    """0 if it runs now, or, of a oneshot, has ended well."""
    unit = settings(name)
    one = dict(unit)
    user, state = one["User"], Path("/var/lib") / one["StateDirectory"]
    state.mkdir(mode=0o700, exist_ok=True)
    shutil.chown(state, user, user)
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(state), "USER": user}
    for key, value in unit:
        if key == "EnvironmentFile":
            lines = Path(value).read_text().splitlines()
            environment |= dict(
                line.split("=", 1) for line in lines if "=" in line and not line.startswith("#")
            )
        elif key == "Environment":
            environment |= dict([value.strip('"').split("=", 1)])
        elif key == "LoadCredential":
            lend(name, value, user)
    command = [
        os.path.expandvars(word) if "$" not in word else environment[word.strip("${}")]
        for word in one["ExecStart"].split()
    ]
    as_user = [
        "setpriv",
        f"--reuid={user}",
        f"--regid={user}",
        "--init-groups",
        "--no-new-privs",
        "--bounding-set=-all",
    ]
    LOGS.mkdir(exist_ok=True)
    RUN.mkdir(exist_ok=True)
    with (LOGS / f"{name}.log").open("ab") as log:
        child = subprocess.Popen(
            [*as_user, *command],
            env=environment,
            cwd=one["WorkingDirectory"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    if one.get("Type") == "oneshot":
        return child.wait()
    (RUN / name).write_text(str(child.pid))
    return 0


def lend(name: str, value: str, user: str) -> None:
    """A copy of a secret that the unit's user alone can read."""
    key, _, path = value.partition(":")
    credentials(name).mkdir(parents=True, exist_ok=True, mode=0o500)
    copy = credentials(name) / key
    copy.unlink(missing_ok=True)
    shutil.copyfile(path, copy)
    copy.chmod(0o400)
    for each in (copy, credentials(name)):
        shutil.chown(each, user, user)


def stop(name: str) -> None:
    """As systemd does: SIGTERM, and SIGKILL where that does not help."""
    file = RUN / name
    if not file.exists():
        return
    pid = int(file.read_text())
    file.unlink()
    for number, until_s in ((signal.SIGTERM, STOP_S), (signal.SIGKILL, 5)):
        deadline = time.monotonic() + until_s
        try:
            os.kill(pid, number)
            while time.monotonic() < deadline:
                os.kill(pid, 0)
                time.sleep(0.2)
                state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
                if state == "Z":
                    return
        except (ProcessLookupError, FileNotFoundError):
            return


if __name__ == "__main__":
    sys.exit(main())

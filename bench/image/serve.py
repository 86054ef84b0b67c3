"""Runs what an image is for: read-only, as its user, without powers; and asks its health, and a caller's question."""

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from typing import Any

from bench.image.build import Stage, mounted
from launcher.process import wait_until

READY_S, END_S = 180.0, 60.0
ADDRESS = "http://127.0.0.1:7007"


def serve(stage: Stage, variables: dict[str, str]) -> dict[str, Any]:
    """Start it as `docker run --read-only` would, look, and stop it. The figures are seconds and exit statuses."""
    began_s = time.monotonic()
    child = subprocess.Popen(
        inside(stage, stage.entrypoint + stage.command, variables), start_new_session=True
    )
    try:
        health = wait_until(lambda: is_well(stage, child) or child.poll() is not None, READY_S, every_s=0.5)
        ready_s = round(time.monotonic() - began_s, 1)
        found = {
            "health": 0 if health and child.poll() is None else 1,
            "ready_s": ready_s,
            "answer": answer(),
            "read_only": is_read_only(stage),
        }
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            ended = child.wait(END_S)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            ended = child.wait()
    return found | {"ended": ended}


def is_well(stage: Stage, child: "subprocess.Popen[bytes]") -> bool:
    """The image's own health check, within what its server runs in."""
    with_server = ["nsenter", "--mount", "--target", str(child.pid), "chroot", str(stage.root)]
    environment = [f"{name}={text}" for name, text in stage.environment.items()]
    check = subprocess.run(
        [*with_server, "env", "-i", *environment, *stage.health], capture_output=True, check=False
    )
    return check.returncode == 0


def answer() -> int:
    """What a caller without a credential is told by the list of models: 401, told here as 200, is what is expected."""
    try:
        with urllib.request.urlopen(f"{ADDRESS}/v1/models", timeout=10) as response:  # noqa: S310
            return int(response.status)
    except urllib.error.HTTPError as error:
        code = json.loads(error.read())["error"]["code"]
        return 200 if (error.code, code) == (401, "invalid_credential") else error.code


def is_read_only(stage: Stage) -> bool:
    """Whether the program's user can write to its code, or to anywhere but its folder and /tmp."""
    folders = ("/", "/etc", "/opt/llm-gateway", "/usr", "/var")
    writable = f"import os; print([path for path in {folders} if os.access(path, os.W_OK)])"
    done = subprocess.run(
        inside(stage, ["python", "-c", writable], {}), capture_output=True, text=True, check=True
    )
    return done.stdout.strip() == "[]"


def inside(stage: Stage, command: list[str], variables: dict[str, str]) -> list[str]:
    """The command in the stage: its root mounted read-only, its volumes and /tmp in memory, its user without powers."""
    uid, gid = stage.user.split(":")
    in_memory = dict.fromkeys(stage.volumes, f"uid={uid},gid={gid},mode=700")
    in_memory["/tmp"] = "mode=1777"  # noqa: S108
    memory = "".join(f"mount -t tmpfs -o {how} tmpfs {stage.root}{path};" for path, how in in_memory.items())
    read_only = f"mount --bind {stage.root} {stage.root}; mount -o remount,ro,bind {stage.root};"
    environment = [f"{name}={text}" for name, text in (stage.environment | variables).items()]
    as_user = [
        "setpriv",
        "--reuid",
        uid,
        "--regid",
        gid,
        "--clear-groups",
        "--no-new-privs",
        "--bounding-set=-all",
    ]
    program = ["env", "-i", *environment, "sh", "-c", f'cd {stage.folder} && exec "$@"', "sh", *command]
    chrooted = ["chroot", str(stage.root), *as_user, *program]
    return [
        "unshare",
        "--mount",
        "sh",
        "-c",
        f'{read_only}{memory} exec "$@"',
        "sh",
        *mounted(stage.root, chrooted),
    ]

"""`script/bench newcomer`: docs/operations.md followed line by line on a fresh Debian; the transcript is left in docs/.

Takes the lines of its blocks marked `sh newcomer`, in order, in a root file system of Debian's packages. It needs
root, mmdebstrap, and the ports 80, 443, 5432, 6379, 7007, 7008 and 9090 of this machine. No systemd runs in there:
`systemctl.py` stands for it, which starts each unit's program as its user, with its variables and credentials, but
without its fences.
"""

import os
import re
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bench.image import DOCKERFILE
from bench.image.bootstrap import bootstrap
from bench.image.build import CERTIFICATES, OF_THIS_MACHINE, PASSED_ON, mounted
from bench.newcomer.transcript import Step, written
from bench.report import Report, new_report
from launcher.configuration import REPOSITORY

GUIDE = REPOSITORY / "docs" / "operations.md"
TRANSCRIPT = REPOSITORY / "docs" / "operations-transcript.md"
STANDS_FOR_SYSTEMD = Path(__file__).with_name("systemctl.py")
MARK = "@@newcomer@@"
_PART = re.compile(
    r"^#{2,3} (?P<heading>[^\n]+)$|^```sh newcomer\n(?P<block>.*?)^```$", re.MULTILINE | re.DOTALL
)


def measure(conninfo: str) -> Report:
    """Follow the guide and write the transcript. `ok`: every line ended with 0."""
    if os.getuid() != 0 or shutil.which("mmdebstrap") is None:
        raise SystemExit("error: script/bench newcomer needs root, and the command mmdebstrap")
    os.umask(0o022)
    report = new_report("newcomer", conninfo)
    folder = Path(tempfile.mkdtemp(prefix="newcomer-", dir=os.environ["GATEWAY_STATE_DIR"]))
    folder.chmod(0o755)
    try:
        root = fresh_debian(folder)
        steps = follow(root, lines_of(GUIDE.read_text()))
        TRANSCRIPT.write_text(written(steps, day=datetime.now(UTC).strftime("%-d %B %Y")))
        failed = [step.line for step in steps if step.status]
        report |= {"lines": len(steps), "failed": failed, "ok": not failed}
        print(f"{len(steps)} lines, failed: {failed or 'none'}")
        return report
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def lines_of(guide: str) -> list[tuple[str, str]]:
    """Every line of the marked blocks, with the heading that it stands under."""
    heading, lines = "", []
    for match in _PART.finditer(guide):
        heading = match["heading"] or heading
        lines += [(heading, line) for line in (match["block"] or "").splitlines() if line]
    return lines


def fresh_debian(folder: Path) -> Path:
    """A root file system with nothing of ours but the release as a file, and what stands for systemd."""
    root = folder / "root"
    root.mkdir()
    archive = bootstrap(DOCKERFILE, folder)
    subprocess.run(["tar", "--extract", "--file", archive, "--directory", root], check=True)
    for path in OF_THIS_MACHINE:
        if Path(path).is_file():
            shutil.copy(path, root / path.lstrip("/"))
    release = root / "root" / "llm-gateway.tar.gz"
    git = ["git", "-C", str(REPOSITORY), "archive", "--output", str(release), "HEAD"]
    subprocess.run(git, check=True)
    systemctl = root / "usr" / "local" / "bin" / "systemctl"
    shutil.copy(STANDS_FOR_SYSTEMD, systemctl)
    systemctl.chmod(0o755)
    (root / "dev" / "shm").mkdir(exist_ok=True)
    return root


def follow(root: Path, lines: list[tuple[str, str]]) -> list[Step]:
    """Type the lines into one shell, which goes on whatever they say. Its processes end with it."""
    typed = "\n".join(f'{line}\necho "{MARK} $?"' for _, line in lines)
    trust = f"[ -f {CERTIFICATES} ] && cat ~/certificates >> {CERTIFICATES}"
    passed_on = {key: text for key, text in os.environ.items() if key.startswith(PASSED_ON)}
    environment = passed_on | {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "DEBIAN_FRONTEND": "noninteractive",
        "NODE_EXTRA_CA_CERTS": CERTIFICATES,
        "LC_ALL": "C.UTF-8",
    }
    if Path(CERTIFICATES).is_file():
        shutil.copy(CERTIFICATES, root / "root" / "certificates")
    script = root / "typed.sh"
    apt_get = f'apt-get() {{ command apt-get "$@"; status=$?; {trust}; return $status; }}'
    script.write_text(f"shopt -s expand_aliases\n{apt_get}\n{typed}\n")
    shell = ["chroot", str(root), "/bin/bash", "/typed.sh"]
    inside = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c"]
    inside += [f'mount -t tmpfs tmpfs {root}/dev/shm; exec "$@"', "sh", *mounted(root, shell)]  # noqa: S108
    done = subprocess.Popen(
        inside, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    steps: list[Step] = []
    output: list[str] = []
    assert done.stdout is not None
    for raw in done.stdout:
        text = raw.decode(errors="replace").rstrip()
        print(text, flush=True)
        before, mark, status = text.partition(f"{MARK} ")
        if before:
            output.append(before)
        if mark:
            heading, line = lines[len(steps)]
            steps.append(Step(heading=heading, line=line, output=output, status=int(status)))
            output = []
    done.wait()
    return steps

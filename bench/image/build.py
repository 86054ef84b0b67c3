"""Takes the steps of a Dockerfile in folders, each of which is a stage's root file system."""

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from bench.image.steps import pairs, put_in, read_stages, words

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# What this machine needs to reach packages. `docker build` has its own way to each of them.
OF_THIS_MACHINE = ("/etc/resolv.conf", "/etc/hosts", "/etc/pip.conf", "/etc/npmrc")
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
PASSED_ON = (
    "PIP_",
    "npm_config_",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)
DEVICES = ("null", "zero", "full", "random", "urandom")
UNPACKED = shutil.ignore_patterns("__pycache__", ".*")


@dataclass(kw_only=True)
class Stage:
    """A root file system, and how a program in it is started."""

    name: str
    root: Path
    folder: str = "/"
    user: str = "0:0"
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": PATH})
    arguments: dict[str, str] = field(default_factory=dict)
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)


def build(dockerfile: Path, *, context: Path, folder: Path, base: Path) -> list[Stage]:
    """The stages, each of whose steps has been taken. Raises CalledProcessError where one fails."""
    stages: list[Stage] = []
    for number, told in enumerate(read_stages(dockerfile)):
        root = folder / str(number)
        root.mkdir()
        subprocess.run(["tar", "--extract", "--file", base, "--directory", root], check=True)
        stage = Stage(name=told.name, root=root)
        for instruction, value in told.steps:
            print(f"{told.name or 'final'}: {instruction} {value[:100]}", flush=True)
            take(stage, instruction, value, context=context, earlier={s.name: s.root for s in stages})
        stages.append(stage)
    return stages


def take(stage: Stage, instruction: str, value: str, *, context: Path, earlier: dict[str, Path]) -> None:
    """One step. Raises ValueError for an instruction that is not known here."""
    match instruction:
        case "RUN":
            run(stage, put_in(value, stage.arguments | stage.environment))
        case "COPY":
            copy(stage, value.split(), context, earlier)
        case "WORKDIR":
            stage.folder = value
            (stage.root / value.lstrip("/")).mkdir(parents=True, exist_ok=True)
        case "ENV":
            stage.environment |= {key: put_in(text, stage.environment) for key, text in pairs(value).items()}
        case "ARG":
            stage.arguments |= pairs(value)
        case "USER":
            stage.user = value
        case "VOLUME":
            stage.volumes.append(value)
        case "ENTRYPOINT":
            stage.entrypoint = words(value)
        case "CMD":
            stage.command = words(value)
        case "HEALTHCHECK":
            stage.health = words(value.partition("CMD ")[2])
        case "EXPOSE" | "STOPSIGNAL":
            pass
        case _:
            raise ValueError(f"an instruction that is not known here: {instruction}")


def run(stage: Stage, command: str) -> None:
    """A RUN step, as root in the stage, with this machine's way to packages for as long as it takes."""
    lent = {Path(path): stage.root / path.lstrip("/") for path in OF_THIS_MACHINE if Path(path).is_file()}
    new = [there for there in lent.values() if not there.exists()]
    for here, there in lent.items():
        shutil.copy(here, there)
    lend_certificates(stage.root)
    passed_on = {key: text for key, text in os.environ.items() if key.startswith(PASSED_ON)}
    passed_on |= {"NODE_EXTRA_CA_CERTS": CERTIFICATES, "DEBIAN_FRONTEND": "noninteractive"}
    inside = ["chroot", str(stage.root), "/bin/sh", "-c", f"cd {stage.folder} && {command}"]
    try:
        subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", *mounted(stage.root, inside)],
            env=passed_on | stage.environment,
            check=True,
        )
    finally:
        for path in new:
            path.unlink(missing_ok=True)


def lend_certificates(root: Path) -> None:
    """Whom this machine trusts, where the stage has its own list by now."""
    theirs, ours = root / CERTIFICATES.lstrip("/"), Path(CERTIFICATES)
    if ours.is_file() and theirs.is_file():
        theirs.write_bytes(ours.read_bytes())


def mounted(root: Path, command: list[str]) -> list[str]:
    """The command with /proc and a few devices in its root."""
    names = [f"{root}/dev/{name}" for name in DEVICES]
    devices = "".join(
        f"touch {at} 2>/dev/null; mount --bind /dev/{at.rpartition('/')[2]} {at};" for at in names
    )
    script = f'{devices} mount -t proc proc {root}/proc; exec "$@"'
    return ["sh", "-c", script, "sh", *command]


def copy(stage: Stage, parts: list[str], context: Path, earlier: dict[str, Path]) -> None:
    """A COPY step: a file, or what is in a folder; from the repository or an earlier stage."""
    source = context
    if parts[0].startswith("--from="):
        source = earlier[parts.pop(0).removeprefix("--from=")]
    what, where = parts
    origin = source / what.lstrip("/")
    target = stage.root / (where if where.startswith("/") else f"{stage.folder}/{where}").lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    if origin.is_file():
        shutil.copy(origin, target)
    else:
        ignored = UNPACKED if source == context else None
        shutil.copytree(origin, target, symlinks=True, dirs_exist_ok=True, ignore=ignored)

"""`script/bench image`: the steps of deploy/Dockerfile, taken in root file systems of Debian's packages.

For machines on which no image can be pulled; needs root and the command mmdebstrap. What it shows: every step works,
nothing that compiles is left, and the result serves from a read-only file system as a user without powers. What it does
not: Docker's own layers, and the base's exact bytes.
"""

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.image.bootstrap import bootstrap
from bench.image.build import build
from bench.image.serve import serve
from bench.report import Report, new_report, print_table
from launcher.configuration import REPOSITORY

DOCKERFILE = REPOSITORY / "deploy" / "Dockerfile"
COMPILERS = ("cc", "gcc", "g++", "clang", "c++", "make", "ld", "as", "rustc", "cargo", "go")


def measure(conninfo: str) -> Report:
    """Build, look, and serve twice: on the bench's own PostgreSQL and Redis, and alone. `ok`: all of it went well."""
    if os.getuid() != 0 or shutil.which("mmdebstrap") is None:
        raise SystemExit("error: script/bench image needs root, and the command mmdebstrap")
    os.umask(0o022)  # an image's files are read by a user who does not own them
    report = new_report("image", conninfo)
    folder = Path(tempfile.mkdtemp(prefix="image-", dir=os.environ["GATEWAY_STATE_DIR"]))
    folder.chmod(0o755)
    try:
        began_s = time.monotonic()
        stages = build(DOCKERFILE, context=REPOSITORY, folder=folder, base=bootstrap(DOCKERFILE, folder))
        final = stages[-1]
        report["build_s"] = round(time.monotonic() - began_s, 1)
        report["compilers"] = compilers_in(final.root)
        report["figures"] = [
            {"stage": stage.name or "final", "mib": mebibytes(stage.root)} for stage in stages
        ]
        servers = {"DATABASE_URL": conninfo, "REDIS_URL": os.environ["REDIS_URL"]}
        report["served"] = [serve(final, {}), serve(final, servers)]
        report["ok"] = not report["compilers"] and all(well(how) for how in report["served"])
        print_table("Stages", report["figures"])
        names = ("alone", "with DATABASE_URL and REDIS_URL")
        print_table(
            "Served", [{"how": name, **how} for name, how in zip(names, report["served"], strict=True)]
        )
        print(
            f"\nbuilt in {report['build_s']} s; compilers in the final stage: {report['compilers'] or 'none'}"
        )
        return report
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def well(how: dict[str, Any]) -> bool:
    """Whether it served, could not write where it should not, and ended in good order."""
    return bool(how["health"] == 0 and how["answer"] == 200 and how["read_only"] and how["ended"] == 0)


def compilers_in(root: Path) -> list[str]:
    """Programs that compile, anywhere on the search path of the stage."""
    folders = [root / "usr" / name for name in ("bin", "sbin", "local/bin")]
    return [name for name in COMPILERS if any((folder / name).exists() for folder in folders)]


def mebibytes(root: Path) -> int:
    """What the files take, each once."""
    files = [path.lstat() for path in root.rglob("*") if path.is_file() and not path.is_symlink()]
    return sum({(file.st_dev, file.st_ino): file.st_size for file in files}.values()) // 2**20

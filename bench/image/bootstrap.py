"""The base of an image, made from Debian's packages in place of a pull."""

import subprocess
from pathlib import Path

from bench.image.steps import read_stages

SUITES = {"12": "bookworm", "13": "trixie"}
SOURCES = Path("/etc/apt/sources.list.d/debian.sources")


def bootstrap(dockerfile: Path, folder: Path) -> Path:
    """Make the base of the first stage as an archive. Its packages come from where this machine has its own."""
    base = read_stages(dockerfile)[0].base
    image, _, tag = base.partition(":")
    if image != "debian":
        raise ValueError(f"not an image of Debian: {base}")
    archive = folder / "base.tar"
    sources = [str(SOURCES)] if SOURCES.exists() else []
    subprocess.run(
        ["mmdebstrap", "--quiet", "--variant=minbase", SUITES[tag.partition(".")[0]], str(archive), *sources],
        check=True,
    )
    return archive

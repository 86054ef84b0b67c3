"""A statement as PDF: A4, with its fonts in it, the same bytes for the same statement.

Typst sets the page. It shapes and orders every script that the fonts have: FiraGO (Latin, Greek, Cyrillic, Arabic,
Hebrew, Devanagari, Thai, Georgian, Armenian), Noto Sans CJK (Chinese, Japanese, Korean) and what Typst itself brings.
No font of the machine is used, so that every machine makes the same file.
"""

import json
from dataclasses import asdict
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

from metering.statements.document import Document

TEMPLATE = Path(__file__).parent / "statement.typ"
_FIRAGO = {"figo": "FiraGO-Regular.ttf", "figbo": "FiraGO-Bold.ttf"}
"""A font's code in `pymupdf_fonts` → the file that Typst reads."""
_one_at_a_time = Lock()


def statement_pdf(document: Document) -> bytes:
    with _one_at_a_time:
        made: bytes = _compiler().compile(
            format="pdf", sys_inputs={"document": json.dumps(asdict(document))}, timestamp=0
        )
    return made


@cache
def _compiler() -> Any:
    """Return the compiler of documents, which is imported when it is first needed: it is 80 MB."""
    import typst

    return typst.Compiler(
        input=str(TEMPLATE),
        root=str(TEMPLATE.parent),
        ignore_system_fonts=True,
        font_paths=[_fonts().name, _cjk()],
    )


@cache
def _fonts() -> "TemporaryDirectory[str]":
    """A folder with the files of the fonts that come as Python modules; it goes with the process."""
    import pymupdf_fonts  # type: ignore[import-untyped]

    folder = TemporaryDirectory(prefix="statement-fonts-")
    for code, name in _FIRAGO.items():
        (Path(folder.name) / name).write_bytes(pymupdf_fonts.fontbuffers[code]())
    return folder


def _cjk() -> str:
    import cvttf_NotoSansCJK_Regular as font  # type: ignore[import-untyped]

    return str(Path(font.__file__).parent)

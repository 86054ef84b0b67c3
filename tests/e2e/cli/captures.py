"""The captures in docs/client.md. `CAPTURES=docs/client.md` before a run of `tests/e2e/cli/test_in_a_terminal.py` makes
them anew.
"""

import os
import re
from pathlib import Path

FILE = os.environ.get("CAPTURES", "")
_BEGIN = "<!-- capture: {} -->"
_END = "<!-- end -->"


def capture(name: str, command: str, screen: str) -> None:
    """Puts what a terminal shows into the place of this name, if captures are wanted. It has to be there once."""
    if not FILE:
        return
    path = Path(FILE)
    begin = re.escape(_BEGIN.format(name))
    place = re.compile(rf"({begin}\n).*?({re.escape(_END)})", re.DOTALL)
    shown = re.sub(r"http://127\.0\.0\.1:\d+", "http://localhost:8000", screen)
    block = f"```text\n$ {command}\n{shown}\n```\n"
    text, count = place.subn(lambda found: f"{found[1]}{block}{found[2]}", path.read_text())
    assert count == 1, f"{path} has no place for the capture {name!r}"
    path.write_text(text)

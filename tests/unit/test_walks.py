"""The walks of docs/architecture.md lead through files that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_, _, WALKS = (ROOT / "docs/architecture.md").read_text().partition("## Where to put")
PATHS = re.findall(r"`((?:[a-z_]+/)+[a-z_.]*)`", WALKS)


def test_every_path_of_a_walk_exists() -> None:
    assert len(PATHS) > 20
    assert [path for path in PATHS if not (ROOT / path).exists()] == []

"""The walks of docs/architecture.md lead through files that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("", "gateway_project", "metering", "providers", "adapters", "admin_console", "launcher")
"""A path begins at the root, or in a room that the walk is in."""
_, _, REST = (ROOT / "docs/architecture.md").read_text().partition("## Where to put")
WALKS, _, _ = REST.partition("\n## ")
PATHS = re.findall(r"`((?:[a-z_]+/)+[a-z_.]*)`", WALKS)


def test_every_path_of_a_walk_exists() -> None:
    assert len(PATHS) > 20
    assert [path for path in PATHS if not any((ROOT / room / path).exists() for room in ROOMS)] == []

"""The import contracts of pyproject.toml watch every package of ours."""

import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
NOT_WATCHED = {"tests", "bench"}


def test_every_package_is_under_contract() -> None:
    packages = {path.parent.name for path in REPOSITORY.glob("*/__init__.py")} - NOT_WATCHED
    contracts = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["importlinter"]
    assert packages <= set(contracts["root_packages"])

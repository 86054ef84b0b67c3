"""What the gateway runs on is what it imports, or what says beside its name who needs it."""

import ast
import re
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUNTIME = (ROOT / "requirements" / "runtime.in").read_text()
CODE = ("metering", "providers", "adapters", "admin_console", "gateway_project", "launcher")
UNEXPLAINED = re.findall(r"(?m)^([A-Za-z][\w.-]*)[^#\n]*$", RUNTIME)
"""The packages whose line has no comment."""


def imported() -> Iterator[str]:
    for folder in CODE:
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Import):
                    yield from (alias.name.partition(".")[0] for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    yield node.module.partition(".")[0]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.fixture(scope="module")
def needed() -> set[str]:
    """The packages that some module of ours imports."""
    modules, packages = set(imported()), packages_distributions()
    return {normal(package) for module in modules for package in packages.get(module, ())}


@pytest.mark.parametrize("package", UNEXPLAINED)
def test_a_package_is_imported_or_its_line_says_who_needs_it(package: str, needed: set[str]) -> None:
    assert normal(package) in needed

"""docs/architecture.md and docs/glossary.md name files that exist, and the picture shows every package."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
DOCS = REPOSITORY / "docs"
WITHIN = ("", "metering", "metering/ledger", "gateway_project", "tests/integration/admin_console")
"""The folders that a path on a page may leave out."""
PATH = re.compile(r"`((?:\.?\w+/)+|(?:\w+/)*\w+\.(?:py|md|yaml|toml))`")
NOT_SHOWN = {"management", "migrations"}


def text_of(page: str) -> str:
    return (DOCS / page).read_text().partition("## Names that are gone")[0]


@pytest.mark.parametrize("page", ["architecture.md", "glossary.md"])
def test_every_file_named_on_the_page_exists(page: str) -> None:
    named = PATH.findall(text_of(page))
    assert len(named) > 30
    assert [path for path in named if not any((REPOSITORY / at / path).exists() for at in WITHIN)] == []


def test_every_package_has_its_line_in_the_picture() -> None:
    picture = text_of("architecture.md").split("```")[1]
    patterns = ("*/__init__.py", "metering/*/__init__.py", "gateway_project/*/__init__.py")
    packages = {path.parent.name for pattern in patterns for path in REPOSITORY.glob(pattern)}
    assert packages - {"tests", "bench"} - NOT_SHOWN - set(re.findall(r"([a-z_]+)/ ", picture)) == set()

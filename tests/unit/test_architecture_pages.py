"""The pages that show the architecture name files that exist, and the picture shows every package."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
DOCS = REPOSITORY / "docs"
WITHIN = ("", "metering", "metering/ledger", "gateway_project", "docs")
"""The folders that a path on a page may leave out."""
ROOMS = ("metering", "gateway_project", "admin_console", "providers", "gateway_client", "tests", "docs")
"""Where a file that is named alone may be."""
PATH = re.compile(r"`((?:\w+/)+|(?:\w+/)*\w+\.(?:py|md|yaml|toml))`")
NOT_SHOWN = {"tests", "bench", "management", "migrations"}


def text_of(page: str) -> str:
    return (DOCS / page).read_text().partition("## Names that are gone")[0]


def is_there(path: str) -> bool:
    if any((REPOSITORY / at / path).exists() for at in WITHIN):
        return True
    return "/" not in path and any(True for room in ROOMS for _ in (REPOSITORY / room).rglob(path))


@pytest.mark.parametrize("page", ["architecture.md", "glossary.md", "where.md"])
def test_every_file_named_on_the_page_exists(page: str) -> None:
    named = set(PATH.findall(text_of(page)))
    assert len(named) > 10
    assert {path for path in named if not is_there(path)} == set()


def test_each_word_of_the_glossary_stands_in_the_files_that_it_names() -> None:
    wrong = []
    for word, files in re.findall(r"^\| ([^|]+) \| .* \| (`.*) \|$", text_of("glossary.md"), re.MULTILINE):
        stems = [part.removesuffix("s") for part in re.findall(r"\w{3,}", word.lower())]
        for path in PATH.findall(files):
            if path.endswith("/"):
                continue
            file = next(found for at in WITHIN if (found := REPOSITORY / at / path).exists())
            text = file.read_text().lower()
            wrong += [(word, path)] * (not any(stem in text for stem in stems))
    assert wrong == []


def test_every_package_has_its_line_in_the_picture() -> None:
    picture = text_of("architecture.md").split("```")[1]
    patterns = ("*/__init__.py", "metering/*/__init__.py", "gateway_project/*/__init__.py")
    packages = {path.parent.name for pattern in patterns for path in REPOSITORY.glob(pattern)}
    assert packages - NOT_SHOWN - set(re.findall(r"([a-z_]+)/", picture)) == set()

"""What docs/glossary.md says of names holds in the tree."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = (
    "metering",
    "providers",
    "adapters",
    "gateway_project",
    "admin_console",
    "launcher",
    "bench",
    "tests",
)
GONE = re.findall(
    r"`([^`]+)`",
    " ".join(
        line.split("|")[1]
        for line in (ROOT / "docs/glossary.md")
        .read_text()
        .partition("## Names that are gone")[2]
        .splitlines()
        if line.startswith("| `")
    ),
)


def names_of(path: Path) -> set[str]:
    """The file's and its folders' names, and those of its classes and functions; a test's name is a sentence."""
    nodes = ast.walk(ast.parse(path.read_text()))
    defined = {
        node.name for node in nodes if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    }
    sentences = {name for name in defined if name.startswith("test_")}
    return {*path.relative_to(ROOT).with_suffix("").parts, *(defined - sentences)}


def words_of(name: str) -> str:
    """`UnitOfWork` and `unit_of_work` are both `_unit_of_work_`."""
    return "_" + re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_") + "_"


NAMES = {name for room in ROOMS for path in (ROOT / room).rglob("*.py") for name in names_of(path)}


def test_the_glossary_has_names_that_are_gone() -> None:
    assert {"foreseen", "Known", "metering/answers"} <= set(GONE)


def test_the_glossary_gives_each_word_one_meaning() -> None:
    present, _, _ = (ROOT / "docs/glossary.md").read_text().partition("## Names that are gone")
    words = re.findall(r"^\| ([^|]+) \|", present, re.MULTILINE)
    headings = {"word", "---"}
    assert [word for word, count in Counter(words).items() if count > 1 and word not in headings] == []


@pytest.mark.parametrize("gone", GONE)
def test_no_file_class_or_function_bears_a_name_that_is_gone(gone: str) -> None:
    if "/" in gone:
        assert not [*(ROOT / gone).glob("*.py")]
    elif gone[0].isupper():
        assert gone not in NAMES
    else:
        assert [name for name in NAMES if f"_{gone}_" in words_of(name)] == []

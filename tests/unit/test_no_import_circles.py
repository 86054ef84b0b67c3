"""No file of ours imports itself by way of others, wherever in the file it does so."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("metering", "providers", "adapters", "gateway_project", "admin_console", "launcher")


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported_by(path: Path, ours: dict[str, Path]) -> set[str]:
    """Our modules that a file names in an import: at its top, inside a function, or for type checks alone."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names = {alias.name: f"{node.module}.{alias.name}" for alias in node.names}
            found.update(full if full in ours else str(node.module) for full in names.values())
    return found & ours.keys()


def circle(ours: dict[str, Path]) -> list[str]:
    """One circle of imports, the first module again at its end; empty where there is none."""
    try:
        TopologicalSorter({name: imported_by(path, ours) for name, path in ours.items()}).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def test_no_circle_of_imports_leads_through_our_files() -> None:
    ours = {module_of(path): path for package in PACKAGES for path in (ROOT / package).rglob("*.py")}
    assert len(ours) > 500
    assert circle(ours) == []


def test_a_circle_is_found_where_one_import_is_inside_a_function(tmp_path: Path) -> None:
    first, second = tmp_path / "first.py", tmp_path / "second.py"
    first.write_text("import second\n")
    second.write_text("def late():\n    from first import name\n")
    assert set(circle({"first": first, "second": second})) == {"first", "second"}

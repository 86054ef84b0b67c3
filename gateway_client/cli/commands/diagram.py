"""`diagram`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gateway_client.cli.answer import Column, Form, JsonOption, form_of, show_rows, write_json
from gateway_client.cli.clean import clean
from gateway_client.cli.connection import opened, settings_of
from gateway_client.cli.files import ForceOption, check_free, write_file
from gateway_client.cli.progress import Steps
from gateway_client.cli.tasks import Facts, JobOption, begun, done, tell_end
from gateway_client.cli.typed import FileOption, text_given

PATH, TASK = "/api/diagrams", "diagrams"
ENDINGS = {"mermaid": ".mmd", "plantuml": ".puml"}
COLUMNS = (
    Column(title="file", text=lambda row: row["file"]),
    Column(title="kind", text=lambda row: row["kind"]),
    Column(title="title", text=lambda row: row["title"]),
)


class Kind(StrEnum):
    FLOWCHART = "flowchart"
    SEQUENCE = "sequence"
    CLASS = "class"
    STATE = "state"
    BLOCK = "block"


class Language(StrEnum):
    MERMAID = "mermaid"
    PLANTUML = "plantuml"


class Style(StrEnum):
    DEFAULT = "default"
    PATENT = "patent"


def diagram(
    context: typer.Context,
    description: Annotated[
        str | None, typer.Argument(help="What shall be drawn; `-` or none: standard input.")
    ] = None,
    file: FileOption = None,
    kind: Annotated[Kind | None, typer.Option(help="By default what suits.")] = None,
    language: Annotated[Language, typer.Option()] = Language.MERMAID,
    style: Annotated[Style, typer.Option(help="patent: black on white, with numerals.")] = Style.DEFAULT,
    count: Annotated[int, typer.Option(min=1, max=100, help="So many diagrams.")] = 1,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Where the files go: this name with -1.svg and so on.")
    ] = Path("diagram"),
    force: ForceOption = False,
    job: JobOption = False,
    as_json: JsonOption = False,
) -> None:
    """Draw diagrams from a description: of each an SVG and its source."""
    form = form_of(as_json=as_json)
    body: Facts = {"description": text_given(description, file, what="what shall be drawn")}
    body |= {"language": language.value, "style": style.value, "count": count}
    if kind:
        body["kind"] = kind.value
    with opened(settings_of(context)) as api:
        if job:
            begun(api, TASK, body, form)
            return
        for number in range(1, count + 1):
            for path in _paths(out, number, language):
                check_free(path, force)
        result = done(api, PATH, body, _tell)
    rows = []
    for number, drawn in enumerate(result["diagrams"], 1):
        picture, source = _paths(out, number, language)
        write_file(picture, drawn["svg"].encode())
        write_file(source, drawn["source"].encode())
        rows.append(
            {"file": str(picture), "source_file": str(source), "kind": drawn["kind"], "title": drawn["title"]}
        )
    if form is Form.JSON:
        write_json({**result, "files": rows})
        return
    show_rows(rows, COLUMNS, form=form, empty="Nothing was drawn.")
    tell_end(result)


def _paths(out: Path, number: int, language: Language) -> tuple[Path, Path]:
    """No name comes from the gateway."""
    return tuple(out.with_name(f"{out.name}-{number}{ending}") for ending in (".svg", ENDINGS[language]))  # type: ignore[return-value]


def _tell(steps: Steps, name: str, facts: Facts) -> None:
    percent = facts.get("progress")
    if name == "diagrams_planned":
        steps.tell(f"{len(facts['titles'])} planned", percent)
    elif name == "diagram_started":
        steps.tell(f"draws {facts['number']}: {clean(facts['title'] or 'a diagram')}", percent)
    elif name == "diagram_failed":
        steps.tell(f"{facts['number']} could not be drawn: {clean(facts['message'])}", percent)

"""`prior-art`."""

from enum import StrEnum
from typing import Annotated

import typer

from gateway_client.cli.answer import Column, CsvOption, Form, JsonOption, form_of, show_rows, write_json
from gateway_client.cli.clean import clean
from gateway_client.cli.connection import opened, settings_of
from gateway_client.cli.progress import Steps
from gateway_client.cli.tasks import Facts, JobOption, begun, done, tell_end
from gateway_client.cli.typed import FileOption, text_given

PATH, TASK = "/api/prior-art", "prior-art"
COLUMNS = (
    Column(title="", text=lambda row: str(row["rank"]), is_number=True),
    Column(title="score", text=lambda row: f"{float(row['score']):.2f}", is_number=True),
    Column(
        title="what", text=lambda row: row.get("publication_number") or row.get("doi") or row["source_id"]
    ),
    Column(title="date", text=lambda row: row.get("date") or ""),
    Column(title="title", text=lambda row: row["title"]),
    Column(title="where", text=lambda row: row.get("url") or "", style=lambda row: "dim"),
)


class Kind(StrEnum):
    QUERY = "query"
    ABSTRACT = "abstract"
    CLAIMS = "claims"
    DISCLOSURE = "disclosure"


def prior_art(
    context: typer.Context,
    text: Annotated[str | None, typer.Argument(help="What to look for; `-` or none: standard input.")] = None,
    file: FileOption = None,
    kind: Annotated[Kind, typer.Option(help="What the text is.")] = Kind.QUERY,
    date_from: Annotated[str | None, typer.Option("--from", help="Not older, such as 2020-01-31.")] = None,
    date_to: Annotated[str | None, typer.Option("--to", help="Not newer.")] = None,
    cpc: Annotated[list[str] | None, typer.Option(help="A CPC symbol, such as H01L23/34.")] = None,
    source: Annotated[list[str] | None, typer.Option(help="openalex, uspto; by default all.")] = None,
    top_k: Annotated[int | None, typer.Option(min=1, help="So many results, at most.")] = None,
    job: JobOption = False,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Search papers and patents for what an idea has in common with them."""
    form = form_of(as_json=as_json, as_csv=as_csv)
    body: Facts = {kind.value: text_given(text, file, what="what to look for")}
    options = {"date_from": date_from, "date_to": date_to, "cpc": cpc, "sources": source, "top_k": top_k}
    body |= {name: value for name, value in options.items() if value}
    with opened(settings_of(context)) as api:
        if job:
            begun(api, TASK, body, form)
            return
        result = done(api, PATH, body, _tell)
    if form is Form.JSON:
        write_json(result)
        return
    show_rows(result["results"], COLUMNS, form=form, empty="Nothing was found.")
    tell_end(result)


def _tell(steps: Steps, name: str, facts: Facts) -> None:
    percent = facts.get("progress")
    if name == "planned":
        steps.tell(f"{len(facts.get('queries') or ())} queries planned", percent)
    elif name == "searched":
        steps.tell(
            f"{clean(facts['source'])}: {facts.get('found', 0)} found, {facts.get('status', '')}", percent
        )
    elif name == "ranked":
        steps.tell(f"{facts.get('done', 0)} of {facts.get('of', 0)} documents read", percent)

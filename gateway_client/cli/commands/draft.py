"""`draft`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway_client.cli.answer import Form, JsonOption, form_of, say, write, write_json
from gateway_client.cli.clean import clean, clean_lines
from gateway_client.cli.connection import opened, settings_of
from gateway_client.cli.files import ForceOption, check_free, write_file
from gateway_client.cli.progress import Steps
from gateway_client.cli.tasks import Facts, JobOption, begun, done, tell_end
from gateway_client.cli.typed import FileOption, text_given
from gateway_client.errors import GatewayError

if TYPE_CHECKING:
    from gateway_client.api import GatewayApi

PATH, TASK = "/api/drafting", "drafting"


def draft(
    context: typer.Context,
    disclosure: Annotated[
        str | None, typer.Argument(help="What was invented; `-` or none: standard input.")
    ] = None,
    file: FileOption = None,
    draft_id: Annotated[str | None, typer.Option("--resume", help="Go on with this draft.")] = None,
    section: Annotated[
        list[str] | None, typer.Option(help="Only this: title, field, background, summary, …")
    ] = None,
    jurisdiction: Annotated[str | None, typer.Option(help="US or EP.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write the draft there, as Markdown.")
    ] = None,
    docx: Annotated[Path | None, typer.Option("--docx", help="Write it there as a Word document.")] = None,
    force: ForceOption = False,
    job: JobOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write a patent application from a disclosure, section by section."""
    form = form_of(as_json=as_json)
    body: Facts = {"draft_id": draft_id} if draft_id else {}
    if not draft_id or disclosure is not None or file is not None:
        body["disclosure"] = text_given(disclosure, file, what="what was invented")
    body |= {
        name: value for name, value in {"sections": section, "jurisdiction": jurisdiction}.items() if value
    }
    for path in filter(None, (out, docx)):
        check_free(path, force)
    with opened(settings_of(context)) as api:
        if job:
            begun(api, TASK, body, form)
            return
        result = done(api, PATH, body, _Told())
        if docx is not None:
            write_file(docx, _document(api, result))
    if out is not None:
        write_file(out, clean_lines(result["markdown"]).encode())
    if form is Form.JSON:
        write_json(result)
        return
    if out is None and docx is None:
        write(clean_lines(result["markdown"]).rstrip("\n") + "\n")
    for finding in result["findings"]:
        say(f"! {clean(finding['severity'])}: {clean(finding['message'])}", "yellow")
    tell_end(result)
    say(f"draft {clean(result['draft_id'])}", "dim")


class _Told:
    """Called with each event. If the work is cut off, the person knows the draft to go on with."""

    def __init__(self) -> None:
        self._percent = 0.0

    def __call__(self, steps: Steps, name: str, facts: Facts) -> None:
        if name == "draft_started":
            say(f"If it is cut off: llm-gateway draft --resume {clean(facts['draft_id'])}", "dim")
        elif name == "section_started":
            self._percent = float(facts.get("progress", self._percent))
            steps.tell(f"writes {clean(facts['code'])}", self._percent)


def _document(api: "GatewayApi", result: Facts) -> bytes:
    """The path alone of its address is asked, at the gateway that is known."""
    content = api.get(f"/api/drafting/{result['draft_id']}/docx")
    if not isinstance(content, bytes):
        raise GatewayError("The gateway sent no Word document.")
    return content

"""`jobs list`, `show`, `wait` and `cancel`."""

import time
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from gateway_client.cli.answer import Column, CsvOption, Form, JsonOption, form_of, show_facts, show_rows
from gateway_client.cli.connection import opened, settings_of
from gateway_client.cli.progress import Steps
from gateway_client.cli.words import money, when
from gateway_client.errors import GatewayError
from gateway_client.failures import error_from

if TYPE_CHECKING:
    from gateway_client.api import GatewayApi

Facts = dict[str, Any]
IdArgument = Annotated[UUID, typer.Argument(metavar="ID", help="Of the job.")]
STYLES = {"succeeded": "green", "failed": "red", "cancelled": "yellow"}
ENDED = frozenset(STYLES)
LOOK_S = 2.0
"""Between two looks at a job that is waited for."""
MOST_LISTED = 200
LISTED = 20
COLUMNS = (
    Column(title="id", text=lambda row: row["id"]),
    Column(title="task", text=lambda row: row["task"]),
    Column(title="status", text=lambda row: row["status"], style=lambda row: STYLES.get(row["status"], "")),
    Column(title="progress", text=lambda row: f"{row['progress']}%", is_number=True),
    Column(title="begun", text=lambda row: when(row["created_at"])),
    Column(title="error", text=lambda row: (row["error"] or {}).get("message", "")),
)


LimitOption = Annotated[int, typer.Option(min=1, max=MOST_LISTED, help="So many of the newest.")]


def jobs(
    context: typer.Context,
    limit: LimitOption = LISTED,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Work that goes on without you. Alone it lists your jobs."""
    if context.invoked_subcommand is None:
        list_jobs(context, limit=limit, as_json=as_json, as_csv=as_csv)
    elif as_json or as_csv or limit != LISTED:
        raise typer.BadParameter(f"Options go behind {context.invoked_subcommand!r}.")


def list_jobs(
    context: typer.Context,
    limit: LimitOption = LISTED,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Your own jobs, the newest first."""
    form = form_of(as_json=as_json, as_csv=as_csv)
    with opened(settings_of(context)) as api:
        rows = api.get("/api/jobs", {"limit": limit})["results"]
    show_rows(rows, COLUMNS, form=form, empty="You have no jobs.")


def show(context: typer.Context, id: IdArgument, as_json: JsonOption = False) -> None:
    """One job; with --json also its result."""
    form = form_of(as_json=as_json)
    with opened(settings_of(context)) as api:
        job = _job(api, id)
    _show(job, form)


def wait(
    context: typer.Context,
    id: IdArgument,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait at most.")] = 3_600.0,
    as_json: JsonOption = False,
) -> None:
    """Wait until a job has ended, and show it. The exit code says whether it succeeded."""
    form = form_of(as_json=as_json)
    deadline = time.monotonic() + timeout
    with opened(settings_of(context)) as api, Steps("waits") as steps:
        while (job := _job(api, id))["status"] not in ENDED:
            if time.monotonic() > deadline:
                raise GatewayError(f"The job has not ended within {timeout:g} seconds; it goes on.")
            steps.tell(job["status"], job["progress"])
            time.sleep(LOOK_S)
    _show(job, form)
    if job["status"] != "succeeded":
        raise error_from(
            job["error"] or {"message": f"The job was {job['status']}.", "code": "job_cancelled"}, status=400
        )


def cancel(context: typer.Context, id: IdArgument, as_json: JsonOption = False) -> None:
    """Stop a job. What it has used is charged."""
    form = form_of(as_json=as_json)
    with opened(settings_of(context)) as api:
        job: Facts = api.post(f"/api/jobs/{id}/cancel")
    _show(job, form)


def _job(api: "GatewayApi", id: UUID) -> Facts:
    found: Facts = api.get(f"/api/jobs/{id}")
    return found


def _show(job: Facts, form: Form) -> None:
    usage = job.get("usage") or {}
    lines = [
        ("job", job["id"]),
        ("task", job["task"]),
        ("status", job["status"]),
        ("progress", f"{job['progress']}%"),
        ("begun", when(job["created_at"])),
        ("ended", when(job["ended_at"])),
        ("kept until", when(job["expires_at"])),
        ("cost", money(usage["cost_usd"]) if "cost_usd" in usage else ""),
        ("error", (job["error"] or {}).get("message", "")),
    ]
    show_facts(job, lines, form=form)

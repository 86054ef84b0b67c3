"""The commands of `llm-gateway`, by name."""

from typing import Annotated

import typer

from gateway_client.cli.commands import (
    account,
    chat,
    diagram,
    draft,
    history,
    jobs,
    models,
    prior_art,
    status,
)
from gateway_client.cli.connection import Asked

app = typer.Typer(
    name="llm-gateway",
    help="Ask the LLM Service Gateway: chat, see what is used and left, and have its tasks done.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
usage = typer.Typer(no_args_is_help=True, help="What is used, and what is left.")
job_commands = typer.Typer()


@app.callback(invoke_without_command=True)
def begin(
    context: typer.Context,
    url: Annotated[
        str | None,
        typer.Option("--url", help="The gateway's address, in place of the one you are signed in at."),
    ] = None,
    team: Annotated[
        str | None, typer.Option("--team", help="The id or slug of the team you work for.")
    ] = None,
    version: Annotated[bool, typer.Option("--version", help="Say which version this is.")] = False,
) -> None:
    context.obj = Asked(url=url, team=team)
    if version:
        from gateway_client import __version__

        typer.echo(f"llm-gateway {__version__}")
        raise typer.Exit


app.command()(account.login)
app.command()(account.logout)
app.command()(account.whoami)
app.command()(models.models)
app.command()(chat.chat)
app.command("prior-art")(prior_art.prior_art)
app.command()(draft.draft)
app.command()(diagram.diagram)
usage.command("status")(status.status)
usage.command("history")(history.history)
usage.command("statusline")(status.statusline)
job_commands.callback(invoke_without_command=True)(jobs.jobs)
job_commands.command("list")(jobs.list_jobs)
job_commands.command("show")(jobs.show)
job_commands.command("wait")(jobs.wait)
job_commands.command("cancel")(jobs.cancel)
app.add_typer(usage, name="usage")
app.add_typer(job_commands, name="jobs")

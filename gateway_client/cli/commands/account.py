"""`login`, `logout` and `whoami`."""

import sys
from dataclasses import replace
from typing import Annotated

import typer

from gateway_client.cli.answer import Form, JsonOption, form_of, out, say, show_facts
from gateway_client.cli.connection import opened, settings_of
from gateway_client.cli.pairing import paired
from gateway_client.session import Session

MAX_TOKEN = 4_096
WHICH = "Which gateway? Say `llm-gateway login https://gateway.example`, or set LLM_BASE_URL."


def login(
    context: typer.Context,
    gateway: Annotated[str | None, typer.Argument(help="Its address, if you sign in there first.")] = None,
    with_token: Annotated[
        bool, typer.Option("--with-token", help="Read an ATI token from standard input.")
    ] = False,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Do not open the console's page, only name it.")
    ] = False,
) -> None:
    """Sign in: somebody who is signed in at the console lets this machine in by a short code."""
    settings = settings_of(context, url=gateway)
    if not settings.base_url:
        raise typer.BadParameter(WHICH)
    session = Session(settings.base_url)
    if with_token:
        session.sign_in_with_token(_read_token())
    else:
        session.adopt_pair(paired(settings.base_url, session.clock, browse=not no_browser))
    with opened(replace(settings, api_key=None, team=None)) as api:
        me = api.me()
    whom = me["email"] or f"a token of {me['tenant'] or 'the gateway'}"
    say(f"✓ Signed in at {settings.base_url} as {whom}.", "green")
    if settings.api_key:
        say("LLM_API_KEY is set, and counts before this.", "yellow")


def logout(context: typer.Context) -> None:
    """End the session here and at the gateway."""
    settings = settings_of(context)
    if settings.base_url and Session(settings.base_url).sign_out():
        say(f"Signed out at {settings.base_url}.")
    else:
        say("You were not signed in.")


def whoami(context: typer.Context, as_json: JsonOption = False) -> None:
    """Who is signed in where, and on which plan."""
    form = form_of(as_json=as_json)
    settings = settings_of(context)
    with opened(settings) as api:
        me = api.me()
    lines = [
        ("gateway", settings.base_url or ""),
        ("person", me["email"] or ""),
        ("name", me["name"] or ""),
        ("role", me["role"].replace("_", " ").lower()),
        ("tenant", me["tenant"] or ""),
        ("plan", me["plan"] or ""),
        ("teams", ", ".join(me["teams"])),
        ("team", settings.team or ""),
        ("credential", "LLM_API_KEY" if settings.api_key else ""),
    ]
    show_facts(me, lines, form=form)
    if form is Form.TABLE and settings.workspace:
        out().print(f"\nteam and gateway by {settings.workspace.path}", style="dim")


def _read_token() -> str:
    """One line, of which nothing is shown where a person types it."""
    if sys.stdin.isatty():
        token = str(typer.prompt("ATI token", hide_input=True, err=True))
    else:
        token = sys.stdin.read(MAX_TOKEN)
    if not token.strip():
        raise typer.BadParameter("There was no token on standard input.")
    return token.strip()

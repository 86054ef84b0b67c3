"""`usage status` and `usage statusline`."""

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from gateway_client.cli.answer import (
    Column,
    CsvOption,
    Form,
    JsonOption,
    Row,
    form_of,
    out,
    say,
    show_rows,
    table_of,
)
from gateway_client.cli.budget_names import Names, names_for
from gateway_client.cli.clean import clean
from gateway_client.cli.connection import opened, settings_of
from gateway_client.cli.words import bar, in_unit, span_until, style_of, when
from gateway_client.errors import GatewayUnavailableError
from gateway_client.settings import Settings

if TYPE_CHECKING:
    from gateway_client.api import GatewayApi

NOT_IN_A_TEAM = "Not in a team workspace"
NO_BUDGET = "No budget applies to you."
PAGE = {"limit": 200}
ANY_WIDTH = 10_000


def status(
    context: typer.Context,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Go on looking, until Ctrl-C.")] = False,
    every: Annotated[float, typer.Option(min=1, max=3600, help="Seconds between two looks.")] = 5.0,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """What each budget allows you, what is used of it, and when it begins anew."""
    form = form_of(as_json=as_json, as_csv=as_csv)
    settings = settings_of(context)
    if form in (Form.TABLE, Form.TABS) and not settings.team:
        say(NOT_IN_A_TEAM, "yellow")
    with opened(settings) as api:
        names = names_for(api, form in (Form.TABLE, Form.TABS))
        if watch and form is Form.TABLE:
            _watch_on_terminal(api, settings, names, every)
        _show(list(api.pages("/api/budgets", PAGE)), settings, names, form)
        while watch:
            time.sleep(every)
            _show(list(api.pages("/api/budgets", PAGE)), settings, names, form)


def statusline(context: typer.Context) -> None:
    """One line for an agent's status bar: how much of your tightest budget is used."""
    from gateway_client.cli.status_line import status_line

    typer.echo(status_line(settings_of(context)))


def _watch_on_terminal(api: "GatewayApi", settings: Settings, names: Names, every: float) -> None:
    """The same place of the screen, again and again; a gateway that is away for a while is waited for."""
    rows: list[Row] = list(api.pages("/api/budgets", PAGE))
    with Live(_shown(rows, settings, names), console=out(), auto_refresh=False) as live:
        while True:
            time.sleep(every)
            note = ""
            try:
                rows = list(api.pages("/api/budgets", PAGE))
            except GatewayUnavailableError as error:
                note = f"as of before: {clean(error.message)}"
            live.update(Group(_shown(rows, settings, names), Text(note, style="yellow")), refresh=True)


def _show(rows: list[Row], settings: Settings, names: Names, form: Form) -> None:
    if form is Form.TABLE and rows:
        out().print(_shown(rows, settings, names))
    else:
        show_rows(rows, _columns(names), form=form, empty=NO_BUDGET)


def _shown(rows: list[Row], settings: Settings, names: Names) -> RenderableType:
    """A table where the terminal is wide enough for it, else a paragraph for each budget."""
    windows = {row["window"] for row in rows}
    title = f"Budget Status ({next(iter(windows))})" if len(windows) == 1 else "Budget Status"
    if settings.team:
        title += f" of team {clean(settings.team)}"
    table = table_of(rows, _columns(names), title=title)
    if out().measure(table, options=out().options.update(width=ANY_WIDTH)).maximum <= out().width:
        return table
    return Group(Text(f"\n{title}\n", style="bold"), *(_paragraph(row, names) for row in rows))


def _columns(names: Names) -> tuple[Column, ...]:
    return (
        Column(title="budget", text=names.budget),
        Column(title="scope", text=names.scope),
        Column(title="", text=_bar, style=lambda row: style_of(row["percent"])),
        *(_amount(name) for name in ("used", "held")),
        Column(title="left", text=lambda row: in_unit(row["remaining"], row["unit"]), is_number=True),
        _amount("limit"),
        Column(title="resets in", text=lambda row: span_until(row["reset_at"], datetime.now(UTC))),
        Column(title="at", text=lambda row: when(row["reset_at"])),
    )


def _amount(name: str) -> Column:
    return Column(title=name, text=lambda row: in_unit(row[name], row["unit"]), is_number=True)


def _bar(row: Row) -> str:
    return f"{bar(row['percent'])} {row['percent']:5.1f}%"


def _paragraph(row: Row, names: Names) -> Text:
    def amount(name: str) -> str:
        return in_unit(row[name], row["unit"])

    told: list[Any] = [(names.budget(row), "bold"), f"  {names.scope(row)}\n  "]
    told += [(_bar(row), style_of(row["percent"])), "\n  Used: ", (amount("used"), "yellow"), " / "]
    told += [(amount("limit"), "cyan"), "   Held: ", amount("held")]
    told += ["   Remaining: ", (amount("remaining"), "green")]
    if row["reset_at"]:
        told += [f"\n  Resets: in {span_until(row['reset_at'], datetime.now(UTC))}, "]
        told += [(when(row["reset_at"]), "cyan")]
    return Text.assemble(*told, "\n")

"""`usage history`."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from gateway_client.cli.answer import Column, CsvOption, Form, JsonOption, Row, form_of, out, say, show_rows
from gateway_client.cli.connection import opened, settings_of
from gateway_client.cli.words import money

if TYPE_CHECKING:
    from gateway_client.api import GatewayApi

PATH = "/api/usage"
MAX_DAYS = 365
MOST_GROUPS = 100
"""So many are divided by model, each by a request of its own."""
NOTHING = "Nothing was used in these days."


class By(StrEnum):
    DAY = "day"
    MODEL = "model"
    USER = "user"
    TEAM = "team"
    TASK = "task"
    CONVERSATION = "conversation"


def history(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=MAX_DAYS, help="So many, today included.")] = 7,
    by: Annotated[By, typer.Option(help="What each line is about.")] = By.DAY,
    breakdown: Annotated[bool, typer.Option("--breakdown", help="Divide each line by model.")] = False,
    tz: Annotated[
        str | None, typer.Option(help="Whose days they are, such as Europe/Berlin; by default your tenant's.")
    ] = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """What you used in the last days; administrators see what their tenant used."""
    if breakdown and by is By.MODEL:
        raise typer.BadParameter("--breakdown divides by model: choose another --by.")
    form = form_of(as_json=as_json, as_csv=as_csv)
    with opened(settings_of(context)) as api:
        zone = tz or str(api.get(PATH, {"by": "day", "limit": 1})["zone"])
        since = _first_moment(days, zone)
        rows: list[dict[str, Any]] = list(api.usage(by=by.value, since=since.isoformat(), tz=zone, limit=200))
        if breakdown:
            rows = list(_with_models(api, rows, by, since, form))
    show_rows(rows, _columns(by, form, breakdown), form=form, empty=NOTHING, title=f"{days} days in {zone}")
    if form is Form.TABLE and rows:
        _total([row for row in rows if "of" not in row])


def _first_moment(days: int, zone: str) -> datetime:
    """Midnight in the zone, so many days ago less one. Raises typer.BadParameter for what is no zone."""
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise typer.BadParameter(f"{zone!r} is no time zone such as Europe/Berlin.") from error
    today = datetime.now(place).date()
    return datetime.combine(today - timedelta(days=days - 1), time(), place)


def _with_models(
    api: "GatewayApi", rows: list[dict[str, Any]], by: By, since: datetime, form: Form
) -> Iterator[dict[str, Any]]:
    """Each group with its models: in JSON within it, else in lines after it."""
    if len(rows) > MOST_GROUPS:
        say(f"Only the first {MOST_GROUPS} of {len(rows)} lines are divided.", "yellow")
    for place, row in enumerate(rows):
        asked = _only(row, by, since) if place < MOST_GROUPS else None
        models = [] if asked is None else list(api.usage(by="model", limit=200, **asked))
        if form is Form.JSON:
            yield {**row, "models": models}
            continue
        yield row if form is Form.TABLE else {by.value: row[by.value], "model": "", **row}
        for model in models:
            yield {**model, by.value: row[by.value], "name": row["name"], "of": by.value}


def _only(row: dict[str, Any], by: By, since: datetime) -> dict[str, Any] | None:
    """The filters for one group; None for calls without what they are grouped by, of which there is no filter."""
    value = row[by.value]
    if value is None:
        return None
    if by is not By.DAY:
        return {by.value: value, "since": since.isoformat()}
    first = date.fromisoformat(value)
    begin, end = (datetime.combine(day, time(), since.tzinfo) for day in (first, first + timedelta(days=1)))
    return {"since": begin.isoformat(), "until": end.isoformat()}


def _columns(by: By, form: Form, breakdown: bool) -> tuple[Column, ...]:
    """On a terminal the models stand below their group, elsewhere in a column of their own."""
    is_table = form is Form.TABLE
    first = [Column(title=by.value, text=lambda row: _name(row, by, is_table), style=_dim_part)]
    if breakdown and not is_table:
        first.append(Column(title="model", text=lambda row: row["model"] if "of" in row else ""))
    return (
        *first,
        _count("requests"),
        _count("input_tokens", "input"),
        _count("output_tokens", "output"),
        _count("cached_input_tokens", "cached"),
        Column(title="cost", text=lambda row: money(row["cost_usd"]), style=_dim_part, is_number=True),
    )


def _name(row: Row, by: By, is_table: bool) -> str:
    if is_table and "of" in row:
        return f"└ {row['model'] or 'no model'}"
    return str(row["name"] or row[by.value] or "none")


def _dim_part(row: Row) -> str:
    return "dim" if "of" in row else ""


def _count(name: str, title: str = "") -> Column:
    def text(row: Row) -> str:
        return f"{row[name]:,}"

    return Column(title=title or name, text=text, style=_dim_part, is_number=True)


def _total(rows: Sequence[Row]) -> None:
    cost = sum((Decimal(row["cost_usd"]) for row in rows), Decimal(0))
    requests = sum(row["requests"] for row in rows)
    out().print(f"  {requests:,} requests, {money(cost)} in total", style="bold")

"""`models`."""

import typer

from gateway_client.cli.answer import Column, CsvOption, JsonOption, form_of, show_rows
from gateway_client.cli.connection import opened, settings_of

COLUMNS = (
    Column(title="model", text=lambda row: row["id"]),
    Column(title="label", text=lambda row: row["label"]),
    Column(title="vendor", text=lambda row: row["provider"]),
    Column(
        title="available",
        text=lambda row: "yes" if row["available"] else "no",
        style=lambda row: "green" if row["available"] else "red",
    ),
)


def models(context: typer.Context, as_json: JsonOption = False, as_csv: CsvOption = False) -> None:
    """The models that your plan allows, by the names to ask for."""
    form = form_of(as_json=as_json, as_csv=as_csv)
    with opened(settings_of(context)) as api:
        rows = api.get("/llm/models")
    show_rows(rows, COLUMNS, form=form, empty="Your plan allows no model.")

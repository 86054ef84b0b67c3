"""The prices in force, one line a model."""

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import now

from admin_console.fields.amount import Unit, shown_amount
from admin_console.parts import Cell, Column, Empty, Row, Table, sort_key, sorted_rows
from admin_console.prices.words import lever_words
from admin_console.who import Viewer
from admin_console.wording import when
from metering.models import LLMModel, ModelPrice

COLUMNS = (
    Column(key="model", title="Model", sorts=True),
    Column(key="vendor", title="Vendor", sorts=True, hides="mid"),
    Column(key="input", title="Input", is_number=True, sorts=True),
    Column(key="output", title="Output", is_number=True, sorts=True),
    Column(key="cached", title="Cached", is_number=True, sorts=True, hides="mid"),
    Column(key="levers", title="Besides", hides="lo"),
    Column(key="since", title="Since", sorts=True, hides="lo"),
    Column(key="who", title="By", sorts=True, hides="mid"),
)


def price_text(price: Decimal | None) -> str:
    """Dollars per million tokens."""
    return "-" if price is None else shown_amount(price, Unit.DOLLARS)


def whose(price: ModelPrice) -> str:
    return "the price list" if price.is_listed else "a person"


def prices(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    text = request.GET.get("q", "").strip().lower()
    models = LLMModel.objects.filter(is_active=True).order_by("name")
    in_force = {row.model_id: row for row in _in_force()}
    rows = [
        (model, in_force.get(model.name))
        for model in models
        if text in f"{model.name} {model.label} {model.provider_id}".lower()
    ]
    nothing = Decimal(-1)
    ordered = sorted_rows(
        rows,
        sort_key(request.GET, COLUMNS, default="model"),
        {
            "model": lambda row: row[0].name.lower(),
            "vendor": lambda row: row[0].provider_id,
            "input": lambda row: row[1].input if row[1] else nothing,
            "output": lambda row: row[1].output if row[1] else nothing,
            "cached": lambda row: row[1].cached_input if row[1] else nothing,
            "since": lambda row: row[1].effective_from.timestamp() if row[1] else 0,
            "who": lambda row: whose(row[1]) if row[1] else "",
        },
    )
    table = Table.of(
        request.GET,
        columns=COLUMNS,
        rows=[_row(model, price, page) for model, price in ordered],
        total=(Cell(text=f"{len(rows)} models"), *(Cell() for _ in COLUMNS[1:])) if rows else (),
        caption="Prices in force",
        default="model",
        empty=Empty(
            title="No model here.",
            text="A model is priced once it is entered, by hand or with its vendor.",
            button="Add a model",
            url=reverse("admin:metering_llmmodel_add"),
        ),
    )
    unpriced = sum(price is None for _, price in rows)
    return render(
        request, "admin_console/prices.html", {**page, "table": table, "q": text, "unpriced": unpriced}
    )


def _in_force() -> Any:
    rows = ModelPrice.objects.filter(effective_from__lte=now())
    return rows.order_by("model_id", "-effective_from").distinct("model_id")


def _row(model: LLMModel, price: ModelPrice | None, page: dict[str, Any]) -> Row:
    name = Cell(text=model.name, small=model.label, url=reverse("admin:price_history", args=(model.name,)))
    vendor = Cell(text=model.provider_id)
    if price is None:
        missing = Cell(tag="no price", tone="bad")
        return Row(cells=(name, vendor, missing, Cell(), Cell(), Cell(), Cell(), Cell()))
    return Row(
        cells=(
            name,
            vendor,
            Cell(text=price_text(price.input)),
            Cell(text=price_text(price.output)),
            Cell(text=price_text(price.cached_input)),
            Cell(text=lever_words(price.modifiers)),
            Cell(text=when(price.effective_from, page["zone"])),
            Cell(text=whose(price)),
        )
    )

"""One model's prices over time: from when, which price, who set it; and a form for a new one."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from unfold.widgets import UnfoldAdminTextInputWidget

from admin_console.auditing import record
from admin_console.fields.price_levers import TOKEN_LABELS
from admin_console.parts import Cell, Column, Empty, Row, Table
from admin_console.price_form import PriceForm
from admin_console.prices.list import price_text, whose
from admin_console.prices.words import lever_words
from admin_console.who import Viewer
from admin_console.wording import when
from metering.models import AuditEvent, LLMModel, ModelPrice
from metering.price import TOKEN_PRICES

SHOWN = 200
"""Of one model's prices, the newest."""
COLUMNS = (
    Column(key="from", title="From"),
    *(
        Column(
            key=name,
            title=TOKEN_LABELS[name],
            is_number=True,
            hides="" if name in ("input", "output") else "lo",
        )
        for name in TOKEN_PRICES
    ),
    Column(key="levers", title="Besides", hides="mid"),
    Column(key="who", title="Set by", hides="mid"),
)


def history(request: HttpRequest, viewer: Viewer, page: dict[str, Any], model: str) -> HttpResponse:
    row = get_object_or_404(LLMModel.objects.select_related("provider"), pk=model)
    form = NewPriceForm(request.POST or None, instance=ModelPrice(model=row))
    if request.method == "POST" and form.is_valid():
        return _add(request, row, form, page)
    prices = list(ModelPrice.objects.filter(model=row).order_by("-effective_from")[:SHOWN])
    shown = {
        "row": row,
        "form": form,
        "title": f"Prices of {row.label or row.name}",
        "table": _table(prices, _setters(row), now(), page),
    }
    return render(request, "admin_console/price_history.html", {**page, **shown})


class NewPriceForm(PriceForm):
    """A price of a model that is known, from now or a later moment on."""

    class Meta(PriceForm.Meta):
        fields = tuple(name for name in PriceForm.Meta.fields if name != "model")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        moment = self.fields["effective_from"]
        moment.widget = UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"})
        moment.label, moment.help_text = "From", "By the clock of UTC. Empty: from now on."


@transaction.atomic
def _add(request: HttpRequest, row: LLMModel, form: NewPriceForm, page: dict[str, Any]) -> HttpResponse:
    price = form.save()
    facts = {name: str(getattr(price, name)) for name in TOKEN_PRICES if getattr(price, name) is not None}
    record(request, "modelprice.added", price, {"values": {"model": row.name, **facts}})
    start = when(price.effective_from, page["zone"])
    messages.success(
        request,
        f"{row.name} costs {price_text(price.input)} in, {price_text(price.output)} out from {start}.",
    )
    return redirect("admin:price_history", model=row.name)


def _setters(row: LLMModel) -> dict[str, str]:
    """Who entered a price, by the price's id, as far as it is on record."""
    ids = [str(key) for key in ModelPrice.objects.filter(model=row).values_list("pk", flat=True)[:SHOWN]]
    events = AuditEvent.objects.filter(tenant_id=None, object_type="ModelPrice", object_id__in=ids).order_by(
        "at"
    )
    return dict(events.values_list("object_id", "actor"))


def _table(
    prices: list[ModelPrice], setters: dict[str, str], moment: datetime, page: dict[str, Any]
) -> Table:
    begun = [price for price in prices if price.effective_from <= moment]
    current = begun[0].pk if begun else None
    return Table(
        caption="Prices over time",
        columns=COLUMNS,
        rows=[
            Row(
                is_current=price.pk == current,
                cells=(
                    Cell(
                        text=when(price.effective_from, page["zone"]),
                        tag="in force"
                        if price.pk == current
                        else "to come"
                        if price.effective_from > moment
                        else "",
                        tone="ok" if price.pk == current else "info",
                    ),
                    *(Cell(text=price_text(getattr(price, name))) for name in TOKEN_PRICES),
                    Cell(text=lever_words(price.modifiers)),
                    Cell(text=setters.get(str(price.pk), whose(price))),
                ),
            )
            for price in prices
        ],
        empty=Empty(
            title="It has no price yet.",
            text="Where cost is limited, its calls are refused.",
            button="Set a price",
            url="#new-price",
        ),
    )

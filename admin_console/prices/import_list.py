"""The maintained price list beside the stored prices: what would change, and a tick for what to take."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.module_loading import import_string
from django.utils.timezone import now

from admin_console.auditing import actor_of
from admin_console.prices.words import LABELS, amount_words, percent_words
from admin_console.who import Viewer
from admin_console.wording import when
from metering.catalog.price_lines import EnterPrices, PriceLine
from metering.models import LLMModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    label: str
    old: str
    new: str
    moved: str
    starts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChange:
    """What the list would change of one model. A person's price is kept unless it is ticked."""

    model: str
    vendor: str
    is_own: bool
    amounts: tuple[Amount, ...]


def import_list(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    enter: EnterPrices = import_string(settings.PRICE_LIST)
    if request.method == "POST":
        return _take(request, enter)
    lines = enter(actor=actor_of(request), now=now(), dry_run=True)
    shown = {
        "changes": _changes(lines, page["zone"]),
        "unknown": sorted({line.model for line in lines if line.state == "unknown"}),
        "version": import_string(settings.PRICE_LIST_VERSION)(),
    }
    return render(request, "admin_console/prices_import.html", {**page, **shown})


def _take(request: HttpRequest, enter: EnterPrices) -> HttpResponse:
    """Enters the prices of the models that are ticked, of a person's own too."""
    ticked = set(request.POST.getlist("model"))
    moment, actor = now(), actor_of(request)
    with transaction.atomic():
        lines = enter(actor=actor, now=moment, models=ticked, replace_own=True) if ticked else []
    taken = {line.model for line in lines if line.state == "changed"}
    if not taken:
        messages.info(request, "No price was taken.")
        return redirect("admin:prices_import")
    messages.success(request, f"New prices of {', '.join(sorted(taken))}.")
    return redirect("admin:prices")


def _changes(lines: Iterable[PriceLine], zone: Any) -> list[ModelChange]:
    by_model: dict[str, list[PriceLine]] = {}
    for line in lines:
        if line.field:
            by_model.setdefault(line.model, []).append(line)
    vendors = dict(LLMModel.objects.filter(name__in=by_model).values_list("name", "provider_id"))
    return [
        ModelChange(
            model=model,
            vendor=vendors.get(model, ""),
            is_own=any(line.state == "own" for line in found),
            amounts=tuple(
                Amount(
                    label=LABELS.get(line.field, line.field),
                    old=amount_words(line.field, line.old),
                    new=amount_words(line.field, line.new),
                    moved=percent_words(line.old, line.new),
                    starts=when(line.starts, zone) if line.starts is not None else "now",
                )
                for line in found
            ),
        )
        for model, found in by_model.items()
    ]

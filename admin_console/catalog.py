"""The catalog of vendors: providers, models, their classes and their dated prices."""

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import Count, DecimalField, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.timezone import now
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from admin_console.base import ConsoleAdmin, ConsoleInline, ReadOnlyInline
from admin_console.price_form import PriceForm
from admin_console.prices.words import lever_words
from admin_console.site import console
from admin_console.traits_form import LLMModelForm, ProviderForm
from metering.models import LLMModel, ModelClass, ModelPrice, Provider
from metering.price import TOKEN_PRICES

PRICE_FIELDS = ("effective_from", *TOKEN_PRICES, "modifiers")


@admin.register(Provider, site=console)
class ProviderAdmin(ConsoleAdmin):
    form = ProviderForm
    list_display = ("name", "kind", "vendor", "shown_url", "api_key_env", "is_active", "model_count")
    list_filter = (
        ("kind", ChoicesDropdownFilter), ("vendor", ChoicesDropdownFilter), ("is_active", BooleanRadioFilter),
    )  # fmt: skip
    search_fields = ("name", "base_url")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(models_n=Count("models"))

    @display(description="Base URL", ordering="base_url")
    def shown_url(self, row: Provider) -> str:
        return row.shown_base_url

    @display(description="Models")
    def model_count(self, row: Any) -> int:
        return int(row.models_n)


class PastPrices(ReadOnlyInline):
    """Prices that calls were charged at stay as they were."""

    model = ModelPrice
    fields = ("effective_from", *TOKEN_PRICES, "besides")
    readonly_fields = ("besides",)
    verbose_name_plural = "prices so far (USD per million tokens)"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(effective_from__lte=now())

    @display(description="Besides")
    def besides(self, row: ModelPrice) -> str:
        return lever_words(row.modifiers) or "-"


class ComingPrices(ConsoleInline):
    model = ModelPrice
    form = PriceForm
    fields = PRICE_FIELDS
    verbose_name_plural = "new and coming prices (USD per million tokens)"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(effective_from__gt=now())


def _price_now(column: str) -> Subquery:
    prices = ModelPrice.objects.filter(model=OuterRef("pk"), effective_from__lte=now()).order_by(
        "-effective_from"
    )
    return Subquery(prices.values(column)[:1], output_field=DecimalField())


def _dollars(price: Decimal | None) -> str:
    return "no price" if price is None else f"${price.normalize():f}"


@admin.register(LLMModel, site=console)
class LLMModelAdmin(ConsoleAdmin):
    form = LLMModelForm
    list_display = (
        "name", "label", "provider", "physical_name", "model_class", "context_tokens", "max_output_tokens",
        "input_price", "output_price", "is_active",
    )  # fmt: skip
    list_filter = (
        ("provider", RelatedDropdownFilter), ("model_class", RelatedDropdownFilter), ("is_active", BooleanRadioFilter),
    )  # fmt: skip
    list_select_related = ("provider", "model_class")
    search_fields = ("name", "label", "physical_name")
    inlines = (PastPrices, ComingPrices)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        prices = {"input_now": _price_now("input"), "output_now": _price_now("output")}
        return super().get_queryset(request).annotate(**prices)

    def get_inlines(self, request: HttpRequest, obj: Any) -> tuple[Any, ...]:
        return (PastPrices, ComingPrices) if obj else (ComingPrices,)

    @display(description="Input $/M")
    def input_price(self, row: Any) -> str:
        return _dollars(row.input_now)

    @display(description="Output $/M")
    def output_price(self, row: Any) -> str:
        return _dollars(row.output_now)


@admin.register(ModelPrice, site=console)
class ModelPriceAdmin(ConsoleAdmin):
    form = PriceForm
    list_display = ("model", "effective_from", *TOKEN_PRICES, "besides")
    list_select_related = ("model",)
    list_filter = (("model", RelatedDropdownFilter),)
    search_fields = ("model__name",)
    autocomplete_fields = ("model",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields = [name for name in super().get_fields(request, obj) if name != "besides"]
        return [*(name for name in fields if name != "modifiers"), "besides"] if _in_force(obj) else fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*super().get_readonly_fields(request, obj), "besides")

    @display(description="Besides")
    def besides(self, row: ModelPrice) -> str:
        return lever_words(row.modifiers) or "-"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not _in_force(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not _in_force(obj)


def _in_force(price: ModelPrice | None) -> bool:
    """Whether calls may have been charged at this price."""
    return price is not None and price.effective_from <= now()


@admin.register(ModelClass, site=console)
class ModelClassAdmin(ConsoleAdmin):
    list_display = ("code", "name", "rank")
    search_fields = ("code", "name")

"""Filters of the history. None of them reads the distinct values of a large table, as Django's own would."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.timezone import now
from unfold.contrib.filters.admin import DropdownFilter

from metering.ids import first_id_at
from metering.models import Provider, Task, Tenant
from metering.types import Dimension, Window

SPANS = {
    "1h": ("Last hour", timedelta(hours=1)),
    "1d": ("Last 24 hours", timedelta(days=1)),
    "7d": ("Last 7 days", timedelta(days=7)),
    "30d": ("Last 30 days", timedelta(days=30)),
}


class When(DropdownFilter):
    """Recent rows only. Ids carry their time, so this is a range of the primary key."""

    title = "time"
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(code, label) for code, (label, _) in SPANS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        span = SPANS.get(self.value() or "")
        return queryset if span is None else self.since(queryset, now() - span[1])

    def since(self, queryset: QuerySet[Any], moment: datetime) -> QuerySet[Any]:
        return queryset.filter(id__gte=first_id_at(moment))


MOST_TENANTS = 500
"""That a list offers to choose from; any other can still be named in the address."""


class TenantSlug(DropdownFilter):
    """One tenant's rows, chosen by name. The history has no foreign keys."""

    title = "tenant"
    parameter_name = "tenant"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(Tenant.objects.order_by("name").values_list("slug", "name")[:MOST_TENANTS])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        slug = (self.value() or "").strip()
        if not slug:
            return queryset
        tenant_id = Tenant.objects.filter(slug=slug).values_list("pk", flat=True).first()
        return queryset.none() if tenant_id is None else queryset.filter(tenant_id=tenant_id)


def choice_filter(
    field: str, choices: Callable[[], list[tuple[str, str]]], *, title: str = ""
) -> type[DropdownFilter]:
    """A dropdown over one column whose choices come from a small table or a vocabulary."""

    class Choice(DropdownFilter):
        parameter_name = field

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            return choices()

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            known = {code for code, _ in self.lookup_choices}
            return queryset.filter(**{field: self.value()}) if self.value() in known else queryset

    Choice.title = title or field.replace("_", " ")
    return Choice


def _codes(model: Any, field: str) -> list[tuple[str, str]]:
    return [(code, code) for code in model.objects.values_list(field, flat=True)]


TaskCode = choice_filter("task", lambda: _codes(Task, "code"))
ProviderName = choice_filter("provider_name", lambda: _codes(Provider, "name"), title="provider")
DimensionName = choice_filter("dimension", lambda: [(item.value, item.value) for item in Dimension])
WindowName = choice_filter("window", lambda: [(item.value, item.value) for item in Window])

"""Rows chosen from a list that is searched as one types, in any form of the console."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from unfold.widgets import AutocompleteWidgetMixin

from admin_console.labels import label_of
from admin_console.site import console
from metering.models import ATIToken, LLMModel, ModelPrice, Plan, PolicyRule, Provider, Team, Tenant, User

_NAMES: dict[type[Model], str] = {Tenant: "slug", Team: "slug", User: "email", ATIToken: "prefix"}
"""The column of a name, where the key is an id."""
NOBODY = UUID(int=0)
_NAMED_BY: dict[type[Model], Any] = {
    Tenant: (PolicyRule, "tenant"),
    Team: (ATIToken, "team"),
    User: (ATIToken, "user"),
    Plan: (ATIToken, "plan_tier"),
    ATIToken: (User, "signup_token"),
    Provider: (LLMModel, "provider"),
    LLMModel: (ModelPrice, "model"),
}
"""A foreign key to each noun: Django's search of choices starts from one."""


class SearchedSelect(AutocompleteSelect):
    """A list that can be searched, and looks as the theme's own lists do."""

    Media = AutocompleteWidgetMixin.Media

    @property
    def media(self) -> forms.Media:
        return forms.Media(css=self.Media.css, js=self.Media.js)

    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> dict[str, Any]:
        attrs = super().build_attrs(base_attrs, extra_attrs)
        return {**attrs, "class": "unfold-admin-autocomplete admin-autocomplete"}


class NamedRows:
    """A row may also be given by its name, as addresses and scripts do."""

    queryset: Any

    def __init__(self, **kwargs: Any) -> None:
        noun = kwargs["queryset"].model._meta.verbose_name
        kwargs.setdefault("error_messages", {"invalid_choice": f"There is no such {noun}."})
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        return super().to_python(_key(self.queryset, value))  # type: ignore[misc]

    def prepare_value(self, value: Any) -> Any:
        return super().prepare_value(_key(self.queryset, value))  # type: ignore[misc]


class ChosenField(NamedRows, forms.ModelChoiceField):
    def label_from_instance(self, obj: Model) -> str:
        return label_of(obj)


def chosen(rows: QuerySet[Any], **kwargs: Any) -> ChosenField:
    """One row, chosen by its name."""
    model, name = _NAMED_BY[rows.model]
    return ChosenField(queryset=rows, widget=SearchedSelect(model._meta.get_field(name), console), **kwargs)


def _key(rows: QuerySet[Any], value: Any) -> Any:
    """The primary key of a row that is given by its name; what is no name stays as it is, if it can be a key."""
    name = _NAMES.get(rows.model)
    if not isinstance(value, str) or not value or name is None:
        return value
    try:
        rows.model._meta.pk.to_python(value)
    except ValidationError:
        return rows.filter(**{name: value.lower()}).values_list("pk", flat=True).first() or NOBODY
    return value

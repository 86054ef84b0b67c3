"""The rows that a list of choices offers: the first of many, and the one that the form names wherever it stands."""

from typing import Any, TypeVar

from django import forms
from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


def offered(rows: QuerySet[M, Any], *, most: int, **named: str) -> list[Any]:
    """At most `most` rows in their order, and behind them the one whose field has the value that is named."""
    found = list(rows[:most])
    if len(found) == most and all(named.values()):
        found += [row for row in rows.filter(**named)[:1] if row not in found]
    return found


def named_in(form: forms.Form, field: str) -> str:
    """What was sent in the field, or what it begins with; empty: nothing."""
    return str(form.data.get(form.add_prefix(field)) or form.initial.get(field) or "")

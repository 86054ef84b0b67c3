"""Conditions on the labels of calls: as usage reports have them (metering/usage/filters.py)."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from metering.models import Task
from metering.usage.filters import FEATURE, LISTS

Only = Iterable[tuple[str, object]]


def label_conditions(only: Only, params: dict[str, Any]) -> list[str]:
    """Return the conditions as SQL on the usage log `log`, and put their values into `params`."""
    parts = []
    for number, (column, value) in enumerate(only):
        name = f"only_{number}"
        params[name] = [value] if column in LISTS else value
        if column == FEATURE:
            of_feature = "SELECT code FROM metering_task WHERE feature_id ="
            parts.append(f"log.task IN ({of_feature} %({name})s)")
        elif column in LISTS:
            parts.append(f"log.{column} @> %({name})s AND log.{column} <> '{{}}'")  # as the index says
        else:
            parts.append(f"log.{column} = %({name})s")
    return parts


def label_lookup(only: Only) -> Q:
    """Return the conditions of `label_conditions` for a queryset."""
    found = Q()
    for column, value in only:
        if column == FEATURE:
            found &= Q(task__in=Task.objects.filter(feature_id=value).values("code"))
        elif column in LISTS:
            found &= Q(**{f"{column}__contains": [value]}) & ~Q(**{column: []})
        else:
            found &= Q(**{column: value})
    return found

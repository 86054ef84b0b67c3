"""What people call the groups of a report."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from metering.models import ATIToken, Feature, Task, Team, Tenant, User
from metering.reports.sums import Key

NONE = "none"
"""Calls that lack it."""
_READ: dict[str, tuple[Any, str]] = {
    "tenant": (Tenant.objects, "slug"),
    "user": (User.objects, "email"),
    "team": (Team.objects, "slug"),
}
_CODED: dict[str, Any] = {"task": Task.objects, "feature": Feature.objects}


def named(dimension: str, keys: Iterable[Key]) -> dict[Key, str]:
    """Addresses, slugs, prefixes and names, in the order of the keys; what is gone by now keeps its id."""
    found = list(keys)
    known = _known(dimension, [key.value for key in found if key.value])
    return {key: NONE if key.value in (None, "") else known.get(key.value, str(key.value)) for key in found}


def in_address(dimension: str, value: Any, name: str) -> str:
    """What an address has for the group, where its name is not that already."""
    return name.partition(" ")[0] if dimension == "token" else name if dimension in _READ else str(value)


def _known(dimension: str, values: list[Any]) -> dict[str, str]:
    if not values:
        return {}
    if dimension in _READ:
        manager, column = _READ[dimension]
        rows = manager.filter(pk__in=[UUID(value) for value in values]).values_list("pk", column)
        return {str(pk): name for pk, name in rows}
    if dimension == "token":
        tokens = ATIToken.objects.filter(pk__in=[UUID(value) for value in values])
        rows = tokens.values_list("pk", "prefix", "name")
        return {str(pk): f"{prefix} ({name})" if name else prefix for pk, prefix, name in rows}
    if dimension in _CODED:
        return dict(_CODED[dimension].filter(pk__in=values).values_list("pk", "name"))
    return {}

"""Whom a rule or a budget is for, as the API takes it."""

from typing import Any

from rest_framework import serializers


class TargetIn(serializers.Serializer[Any]):
    """Nobody named: the whole gateway. A team, user, token or agent belongs to a tenant, which is named too."""

    tenant = serializers.CharField(max_length=63, default=None, allow_null=True, help_text="A slug.")
    team = serializers.CharField(max_length=64, default=None, allow_null=True, help_text="A slug or an id.")
    user = serializers.CharField(
        max_length=254, default=None, allow_null=True, help_text="An address or an id."
    )
    token = serializers.CharField(
        max_length=64, default=None, allow_null=True, help_text="A prefix or an id."
    )
    agent = serializers.CharField(max_length=128, default=None, allow_null=True)
    provider = serializers.CharField(max_length=64, default=None, allow_null=True)


TARGETS = tuple(TargetIn._declared_fields)


def split_target(given: dict[str, Any], *more: str) -> tuple[dict[str, str | None], dict[str, Any]]:
    """The words that name a target, and the rest."""
    names = (*TARGETS, *more)
    words = {name: given[name] for name in names}
    return words, {name: value for name, value in given.items() if name not in names}

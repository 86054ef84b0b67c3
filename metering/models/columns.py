"""The columns that labels and amounts have in every table that keeps them."""

from collections.abc import Iterable

from django.db import models

from metering.labels import LABELS


def label_columns() -> dict[str, models.Field]:  # type: ignore[type-arg]
    """A column for each label of a call."""
    return {
        name: models.UUIDField(null=True)
        if label.is_uuid
        else models.CharField(max_length=label.length, null=label.is_optional)
        for name, label in LABELS.items()
    }


def amount_columns(names: Iterable[str], help_text: str = "") -> dict[str, models.Field]:  # type: ignore[type-arg]
    """A column for each of these amounts."""
    return {name: models.BigIntegerField(default=0, help_text=help_text) for name in names}

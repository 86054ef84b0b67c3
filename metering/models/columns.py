"""The columns that labels and amounts have in every table that keeps them."""

from collections.abc import Iterable
from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from metering.labels import LABELS, Label


def label_columns() -> dict[str, models.Field]:  # type: ignore[type-arg]
    """A column for each label of a call."""
    return {name: _column_of(label) for name, label in LABELS.items()}


def _column_of(label: Label) -> models.Field:  # type: ignore[type-arg]
    if label.is_list:
        return ArrayField(models.TextField(), default=list, db_default=[])
    if label.is_uuid:
        return models.UUIDField(null=True)
    return models.CharField(max_length=label.length, null=label.is_optional)


def markup_field(help_text: str) -> models.DecimalField:  # type: ignore[type-arg]
    """A markup on what vendors charge, or below zero a discount, in percent."""
    return models.DecimalField(
        max_digits=7,
        decimal_places=3,
        db_default=0,
        default=Decimal(0),
        blank=True,
        validators=[MinValueValidator(-100), MaxValueValidator(1000)],
        help_text=help_text,
    )


def markup_constraint(name: str) -> models.CheckConstraint:
    """Nothing costs less than nothing."""
    return models.CheckConstraint(
        condition=models.Q(markup_percent__gte=-100, markup_percent__lte=1000),
        name=name,
        violation_error_message="A markup is -100 to 1,000 percent.",
    )


def amount_columns(names: Iterable[str], help_text: str = "") -> dict[str, models.Field]:  # type: ignore[type-arg]
    """A column for each of these amounts."""
    return {name: models.BigIntegerField(default=0, help_text=help_text) for name in names}

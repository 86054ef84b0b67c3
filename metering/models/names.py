"""Names that people tell apart: two that differ in case only would name one thing for them and two for us."""

from django.core.exceptions import ValidationError
from django.db import models


def check_name(row: models.Model, field: str, *, within: str | None = None) -> None:
    """Raise ValidationError where another row's name differs from a new one in case only; rows `within` one owner.

    Rows that were there before this was checked keep their names.
    """
    noun, name = type(row), getattr(row, field)
    others = noun._default_manager.all()
    if within is not None:
        others = others.filter(**{within: getattr(row, within)})
    if others.filter(pk=row.pk, **{field: name}).exists():
        return
    twin = others.filter(**{f"{field}__iexact": name}).exclude(**{field: name}).exclude(pk=row.pk).first()
    if twin is not None:
        taken = getattr(twin, field)
        sentence = f"There is already a {noun._meta.verbose_name} {taken!r}, which differs in case only."
        raise ValidationError({field: sentence})

"""A value of several parts, each with a control of its own: a small form in place of one field of a larger form."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError


class PartsForm(forms.Form):
    """The controls of one value. `parts_of` takes a value apart for them, `whole` puts it together again."""

    layout: ClassVar[str] = "grid gap-3 lg:grid-cols-3"
    required_css_class = ""

    @classmethod
    def parts_of(cls, value: Any) -> dict[str, Any]:
        """Initial values of the controls."""
        raise NotImplementedError

    def whole(self) -> Any:
        """The value. Only of a form that is valid."""
        raise NotImplementedError

    def rows_of(self, pattern: str, spare: int, most: int) -> int:
        """How many numbered controls there are: those that are filled, and some to spare."""
        source: Mapping[str, Any] = self.data if self.is_bound else self.initial
        prefix = f"{self.prefix}-" if self.is_bound and self.prefix else ""
        filled = 0
        while filled < most and f"{prefix}{pattern.format(filled)}" in source:
            filled += 1
        return filled if self.is_bound else min(filled + spare, most)


class PartsWidget(forms.Widget):
    template_name = "admin_console/fields/parts.html"
    input_type = "parts"

    def __init__(self, form: type[PartsForm]) -> None:
        super().__init__()
        self.form = form

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        shown = (
            value
            if isinstance(value, PartsForm)
            else self.form(initial=self.form.parts_of(value), prefix=name)
        )
        return {**super().get_context(name, "", attrs), "form": shown}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> PartsForm:
        return self.form(data, prefix=name)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return not any(key.startswith(f"{name}-") for key in data)

    @property
    def media(self) -> forms.Media:
        return self.form().media

    def id_for_label(self, id_: str) -> str:
        return ""


class PartsField(forms.Field):
    """Shows a value as the controls of a PartsForm. Empty controls make an empty value."""

    widget: forms.Widget

    def __init__(self, form: type[PartsForm], **kwargs: Any) -> None:
        super().__init__(widget=PartsWidget(form), required=False, **kwargs)

    def clean(self, value: Any) -> Any:
        if not value.is_valid():
            raise ValidationError(_sentences(value), code="invalid")
        try:
            return value.whole()
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.clean(data) != (initial or {}))
        except ValidationError:
            return True


def _sentences(form: PartsForm) -> list[str]:
    """What is wrong, each with the name of its control."""
    found = []
    for name, errors in form.errors.items():
        label = "" if name == "__all__" else f"{form[name].label}: "
        found += [f"{label}{error}" for error in errors]
    return found

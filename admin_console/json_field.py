"""A field for JSON in which nothing that is written is dropped."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput

from metering.strict_json import MemberTwice, read_json


class StrictJSONField(forms.JSONField):
    """Refuses a member that occurs twice, and shows again what was typed."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            try:
                read_json(value)
            except MemberTwice as error:
                raise ValidationError(f"{error}.") from error
            except RecursionError as error:
                raise ValidationError("This is nested too deeply.") from error
            except ValueError:
                pass  # what is no JSON is refused, and what is empty taken, as Django does
        return super().to_python(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        if self.disabled or data is None:
            return super().bound_data(data, initial)
        try:
            return read_json(data)
        except (ValueError, RecursionError):
            return InvalidJSONInput(data)

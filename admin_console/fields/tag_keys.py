"""Keys of tags as people write them: `project, cost-centre`."""

from typing import Any

from django import forms

from metering.tags import MAX_KEY, MAX_TAGS, read_keys


class TagKeysField(forms.CharField):
    """Keys with commas between, in the form in which rules have them; empty: none."""

    def __init__(self, **facts: Any) -> None:
        super().__init__(max_length=MAX_TAGS * (MAX_KEY + 2), **facts)

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        try:
            return ",".join(read_keys(text)) if text else ""
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

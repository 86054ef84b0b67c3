"""A field for one of a few words."""

from typing import Any

from rest_framework import serializers


class Choice(serializers.ChoiceField):
    """Its refusal says what would be valid."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return super().to_internal_value(data)
        except serializers.ValidationError:
            words = ", ".join(map(str, self.choices))
            raise serializers.ValidationError(
                f"{str(data)[:64]!r} is none of {words}.", code="invalid_choice"
            ) from None

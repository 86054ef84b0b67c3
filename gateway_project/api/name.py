"""A field for the name of something."""

from typing import Any

from rest_framework import serializers

from metering.text import normal


class Name(serializers.CharField):
    """Names have one form, whichever way they were typed."""

    def to_internal_value(self, data: Any) -> str:
        return normal(super().to_internal_value(data))

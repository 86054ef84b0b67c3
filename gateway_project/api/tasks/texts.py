"""A field of the tasks' bodies."""

from typing import Any

from rest_framework import serializers


class Texts(serializers.JSONField):
    """A text, or a list of texts."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str) or (isinstance(data, list) and all(isinstance(each, str) for each in data)):
            return data
        raise serializers.ValidationError("must be a text or a list of texts.")

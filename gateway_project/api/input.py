"""What the API takes: the one base class of every serializer that reads a request.

What is written counts or is refused. A field that nobody reads may be a misspelt limit, so it is never dropped.
"""

from collections.abc import Collection, Mapping
from typing import Any

from rest_framework import serializers

from metering.catalog.yaml_source import suggestion

SHOWN = 64
"""So many characters of a name that we do not know are repeated."""


class StrictInput(serializers.Serializer[Any]):
    """Fields of a body, of an object in it, or of a query. Unknown ones are refused, each by its name.

    In the context, `shown` is what answers show of the row that is to be changed (see `ApiView.changes`).
    """

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            data = self._by_our_names(data)
            self._refuse_unknown(data)
        return super().to_internal_value(data)

    def _by_our_names(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        for name, field in self.fields.items():
            if not isinstance(field, OtherName) or name not in data:
                continue
            value, ours = data[name], field.of
            if ours in data and data[ours] != value:
                raise serializers.ValidationError(
                    {name: [f"says otherwise than {ours!r}; give one of them."]}
                )
            renamed: Any = data.copy()  # type: ignore[attr-defined] # a dict, or a query with its repeated values
            del renamed[name]
            renamed[ours] = value
            data = renamed
        return data

    def _refuse_unknown(self, data: Mapping[str, Any]) -> None:
        shown: Mapping[str, Any] = self.context.get("shown", {}) if self.parent is None else {}
        problems = {
            str(name)[:SHOWN]: [
                f"cannot be changed here; it is {shown[name]!r}."
                if name in shown
                else f"unknown field{closest(name, self.fields)}"
            ]
            for name in data
            if name not in self.fields
        }
        if problems:
            raise serializers.ValidationError(problems)


class Nothing(StrictInput):
    """For a request that takes no fields."""


class OtherName(serializers.CharField):
    """The same as another field of the serializer, under the name that answers give it."""

    def __init__(self, of: str) -> None:
        super().__init__(
            required=False, allow_null=True, help_text=f"The same as `{of}`, under the name that answers use."
        )
        self.of = of


def closest(name: str, known: Collection[str]) -> str:
    """Reads on after "unknown field": the one that was meant, or what there is."""
    return suggestion(name, known) if known else "; there are none here"

"""What the fields of a Responses request have in common: those that nothing is lost without, and those that are not."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from providers.translated.refusal import refusal

Says = Callable[[Any], bool]


def refuse_others(given: Mapping[str, Any], path: str, known: Collection[str]) -> None:
    """Raise ProviderError for a field of an object that says something and is not among those that are known."""
    for name, value in given.items():
        if name not in known and value is not None:
            raise refusal(f"{path}.{name}", "is not known here")


def refuse_unless(given: Mapping[str, Any], path: str, nothing: Mapping[str, Says], why: str) -> None:
    """Raise ProviderError for a field whose value is another than what goes without saying."""
    for name, says_nothing in nothing.items():
        value = given.get(name)
        if value is not None and not says_nothing(value):
            raise refusal(f"{path}.{name}" if path else name, why)


def is_false(value: object) -> bool:
    return value is False


def is_empty(value: object) -> bool:
    return value in ([], {})


def never(value: object) -> bool:
    """For fields of which every value says something."""
    return False

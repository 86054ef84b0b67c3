"""A text with suggestions, each with what it is about, as browsers show them without a script."""

from collections.abc import Callable, Iterable
from typing import Any

from unfold.widgets import UnfoldAdminTextInputWidget

Suggest = Callable[[], Iterable[tuple[str, str]]]


class SuggestedInput(UnfoldAdminTextInputWidget):
    template_name = "admin_console/fields/suggested.html"

    def __init__(self, *, suggest: Suggest, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs=attrs)
        self.suggest = suggest

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, {**(attrs or {}), "list": f"{name}_suggestions"})
        return {**context, "list_id": f"{name}_suggestions", "suggestions": list(self.suggest())}

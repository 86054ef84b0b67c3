"""A tool call whose pieces come one after the other."""

from collections.abc import Mapping
from typing import Any

from providers.messages.said import function_in
from providers.messages.whole_object import WholeObject
from providers.openai_compatible.errors import broken


class StreamedCall:
    """A tool call whose pieces come."""

    def __init__(self, id: str, given_id: str) -> None:
        self.id = id
        self.given_id = given_id
        """As its vendor has it; empty: it gave none."""
        self.name = ""
        self.extra: Mapping[str, Any] | None = None
        self.is_extra_told = False
        self.is_closed = False
        self.untold: list[str] = []
        """Arguments that came before its name did, or while another block was open."""
        self._object = WholeObject()

    @property
    def is_whole(self) -> bool:
        """Whether its arguments are a JSON object, which nothing can follow."""
        return self._object.is_whole

    def add(self, piece: Mapping[str, Any]) -> None:
        name, arguments = function_in(piece)
        self.name = self.name or name
        if self.extra is None and isinstance(extra := piece.get("extra_content"), Mapping):
            self.extra = extra
        if self.is_closed:
            if arguments.strip():
                raise broken("it sent arguments of a tool call that had ended")
        elif arguments:
            self._object.add(arguments)
            self.untold.append(arguments)

    def is_followed_by(self, id: str, name: str) -> bool:
        """Whether a piece under its number begins another call: some vendors number none."""
        if id and self.given_id:
            return id != self.given_id
        return bool(name and self.name and self.is_whole)

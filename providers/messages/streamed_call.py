"""A tool call whose pieces come one after the other."""

from collections.abc import Mapping
from typing import Any

from providers.messages.begun_call import BegunCall
from providers.messages.said import function_in
from providers.openai_compatible.errors import broken


class StreamedCall(BegunCall):
    """A tool call whose pieces still come."""

    def __init__(self, id: str, given_id: str) -> None:
        super().__init__(given_id)
        self.id = id
        self.extra: Mapping[str, Any] | None = None
        self.is_extra_told = False
        self.is_closed = False
        self.untold: list[str] = []
        """Arguments that came before its name did, or while another block was open."""

    def add(self, piece: Mapping[str, Any]) -> None:
        name, arguments = function_in(piece)
        if self.extra is None and isinstance(extra := piece.get("extra_content"), Mapping):
            self.extra = extra
        if self.is_closed:
            if arguments.strip():
                raise broken("it sent arguments of a tool call that had ended")
            return
        self.note(name, arguments)
        if arguments:
            self.untold.append(arguments)

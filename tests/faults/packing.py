"""The way of a ledger command into another process and back."""

from typing import Any

import msgspec

from metering.ledger.commands import Adjust, Command, Expire, Extend, Release, Reserve, Settle

KINDS: dict[str, type] = {kind.__name__: kind for kind in (Reserve, Extend, Settle, Release, Expire, Adjust)}


def packed(command: Command) -> list[Any]:
    """A command as JSON can carry it."""
    return [type(command).__name__, msgspec.to_builtins(command)]


def unpacked(kind: str, body: Any) -> Command:
    command: Command = msgspec.convert(body, KINDS[kind])
    return command

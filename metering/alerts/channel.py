"""A channel hands alerts over to recipients outside: there is one for each kind of recipient."""

from typing import Protocol

from msgspec import Struct


class Message(Struct, frozen=True, kw_only=True):
    """What a recipient is told, in every form that a channel may need."""

    subject: str
    text: str
    html: str


class ChannelError(Exception):
    """The message did not get through, or nobody knows."""


class NotSent(ChannelError):
    """It has certainly not been taken; `permanent`: nor will it be."""

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        super().__init__(reason)
        self.permanent = permanent


class Uncertain(ChannelError):
    """The connection broke while the message was handed over: it may have been taken."""


class Channel(Protocol):
    """Used for one message at a time: opened, sent through once, closed."""

    @property
    def is_configured(self) -> bool:
        """Whether there is anything that a message could be handed over to."""
        ...

    def open(self) -> None:
        """Get ready to hand a message over. Raises NotSent."""
        ...

    def send(self, message: Message, *, recipient: str, key: str) -> None:
        """Hand it over. `key` is the same for every copy. Raises NotSent and Uncertain."""
        ...

    def close(self) -> None: ...

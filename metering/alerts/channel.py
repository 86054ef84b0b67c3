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
    """The message was certainly not taken. If it is `permanent`, trying again is of no use."""

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        super().__init__(reason)
        self.permanent = permanent


class Uncertain(ChannelError):
    """The connection broke while the message was handed over, so that it may have been taken."""


class Channel(Protocol):
    """Takes one message to one recipient: it is opened, used once and closed."""

    @property
    def is_configured(self) -> bool:
        """Whether there is anything that a message could be handed over to."""
        ...

    def open(self) -> None:
        """Connects to whatever takes the message. Raises NotSent."""
        ...

    def send(self, message: Message, *, recipient: str, key: str) -> None:
        """Hands the message over. `key` is the same for every copy of it. Raises NotSent and Uncertain."""
        ...

    def close(self) -> None: ...

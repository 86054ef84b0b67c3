"""How a chat is said and heard: the port that `/llm` and chat completions implement."""

from collections.abc import Iterator
from typing import Any, Protocol

from gateway_client.errors import GatewayUnavailableError
from gateway_client.retries import CONNECTION_LOST
from gateway_client.steps import Invoke, Reply, Send
from gateway_client.values import ChatChunk, ChatRequest, ChatResponse


class Surface(Protocol):
    """One protocol. It does nothing itself: requests and answers are values."""

    def whole(self, request: ChatRequest, model: str) -> Send | Invoke:
        """What to ask for a whole answer."""
        ...

    def response(self, reply: Reply, request: ChatRequest) -> ChatResponse:
        """What was answered."""
        ...

    def streamed(self, request: ChatRequest, model: str) -> Send | Invoke:
        """What to ask for a stream."""
        ...

    def check(self, event: Any) -> None:
        """Raises the GatewayError that the first event of a stream stands for, if it does; None: there is none."""
        ...

    def reader(self, request: ChatRequest) -> "StreamReader":
        """What reads such a stream."""
        ...


class StreamReader(Protocol):
    """One stream's events as chunks, and the whole answer that they make."""

    @property
    def text(self) -> str:
        """What was said so far."""
        ...

    def read(self, event: Any) -> Iterator[ChatChunk]: ...

    def end(self, request_id: str | None) -> tuple[list[ChatChunk], ChatResponse]:
        """What is left to say, with the usage at last, and the whole answer.

        Raises GatewayUnavailableError for a stream that was cut.
        """
        ...


def cut() -> GatewayUnavailableError:
    """A stream that ended before it was over."""
    return GatewayUnavailableError("The answer was cut off before its end.", code=CONNECTION_LOST)

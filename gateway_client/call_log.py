"""One line of the log for each call: what it took, or why it failed; never what was said."""

import logging
import time
from collections.abc import Iterator
from typing import Any

from gateway_client.errors import GatewayError, GatewayUnavailableError
from gateway_client.strange_answers import understood
from gateway_client.surface import StreamReader
from gateway_client.values import ChatChunk, ChatResponse

logger = logging.getLogger("gateway_client")


class CallLog:
    """One call's line, at the level INFO. The fields are on the record too, for handlers that write JSON."""

    def __init__(self, *, mode: str, team: str | None, model: str) -> None:
        """`mode` is said in words: `proxied`, `direct`, `gateway`."""
        self._mode, self._team, self._model = mode, team, model
        self._begun = time.monotonic()
        self._is_written = False

    def completed(self, response: ChatResponse) -> None:
        usage = response.usage
        self._write(
            "completed",
            model=response.model,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cost=None if usage.cost is None else f"{usage.cost:f}",
            request_id=response.request_id,
        )

    def failed(self, error: GatewayError) -> None:
        self._write(
            "failed",
            model=self._model,
            error=type(error).__name__,
            code=error.code,
            status=error.status_code,
            request_id=error.request_id,
        )

    def left(self) -> None:
        """Whoever read the stream went away; after another line, none is written."""
        self._write("left before its end", model=self._model)

    def _write(self, how: str, **facts: Any) -> None:
        if self._is_written:
            return
        self._is_written = True
        latency_ms = round((time.monotonic() - self._begun) * 1000)
        said = {"team_id": self._team, **facts, "latency_ms": latency_ms}
        shown = " ".join(f"{name}={value}" for name, value in said.items() if value is not None)
        logger.info(
            "LLM request %s (%s) %s", how, self._mode, shown, extra={"llm": {"mode": self._mode, **said}}
        )


class LoggedReader:
    """Implements the drivers' Reader: a stream's reader, with the call's line at the end."""

    def __init__(self, reader: StreamReader, log: CallLog) -> None:
        self._reader, self._log = reader, log

    def read(self, event: Any) -> Iterator[ChatChunk]:
        with understood():
            chunks = list(self._reader.read(event))
        return iter(chunks)

    def end(self, headers: Any) -> Iterator[ChatChunk]:
        with understood():
            rest, response = self._reader.end(headers.get("x-request-id"))
        self._log.completed(response)
        return iter(rest)

    def failed(self, error: GatewayError) -> None:
        if isinstance(error, GatewayUnavailableError):
            error.partial = self._reader.text
        self._log.failed(error)

    def left(self) -> None:
        self._log.left()

"""A caller with a bare socket, who can stop at any byte."""

import json
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any

from tests.e2e.server import Server

TIMEOUT_S = 30.0


class Wire:
    """One connection and one request on it."""

    def __init__(self, server: Server, token: str, *, read_buffer: int | None = None) -> None:
        self._host, _, port = server.url.removeprefix("http://").partition(":")
        self._token = token
        self._socket = socket.socket()
        if read_buffer is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, read_buffer)
        self._socket.settimeout(TIMEOUT_S)
        self._socket.connect((self._host, int(port)))
        self.received = b""

    def __enter__(self) -> "Wire":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def ask(self, text: str, *, cut_at: int | None = None, key: str | None = None, **fields: Any) -> None:
        """Send a completion request, under an Idempotency-Key if one is given, or only so many bytes of its body."""
        body = {"model": "small", "max_tokens": 50, "messages": [{"role": "user", "content": text}]}
        headers = {} if key is None else {"idempotency-key": key}
        self.post("/v1/chat/completions", body | fields, headers, cut_at=cut_at)

    def post(
        self, path: str, body: dict[str, Any], headers: dict[str, str], *, cut_at: int | None = None
    ) -> None:
        """Send a request, or only so many bytes of its body."""
        data = json.dumps(body).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nhost: {self._host}\r\ncontent-type: application/json\r\n"
            f"authorization: Bearer {self._token}\r\ncontent-length: {len(data)}\r\n"
        )
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._socket.sendall(f"{head}\r\n".encode() + data[:cut_at])

    def read_until(self, mark: bytes) -> bytes:
        """Everything received, once `mark` is in it."""
        return self.read_while(lambda received: mark not in received)

    def read_while(self, unsatisfied: Callable[[bytes], bool]) -> bytes:
        """Everything received, once it satisfies."""
        while unsatisfied(self.received):
            part = self._socket.recv(1 << 16)
            assert part, f"the connection ended too early: {self.received[-300:]!r}"
            self.received += part
        return self.received

    def read_all(self) -> bytes:
        """Everything, to the end of the chunked answer."""
        return self.read_until(b"\r\n0\r\n\r\n")

    def read_to_the_end(self) -> bytes:
        """Everything until the connection is closed, or cut."""
        with suppress(ConnectionError):
            while part := self._socket.recv(1 << 16):
                self.received += part
        return self.received

    def leave(self) -> None:
        """As a killed program does: with a reset."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

"""Requests byte for byte: whatever a client may send, and all that comes back."""

import http.client
import json
import socket
from dataclasses import dataclass
from typing import Any, Protocol

TIMEOUT_S = 30.0


class Reachable(Protocol):
    @property
    def url(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int
    headers: dict[str, str]
    """By small letters."""
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        """The error, which is in the one shape."""
        error: dict[str, Any] = self.json["error"]
        assert {"type", "code", "message", "param", "request_id"} <= error.keys()
        assert error["request_id"] == self.headers["x-request-id"]
        return error

    @property
    def told(self) -> tuple[int, str]:
        """The status of a refusal, and its code."""
        return self.status, self.error["code"]


def ask(
    server: Reachable,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str | bytes] | None = None,
) -> Reply:
    """One request on a connection of its own; header values as bytes go out as they are."""
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=TIMEOUT_S)
    try:
        connection.putrequest(method, path)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("content-length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(status=answer.status, headers=told, body=answer.read())
    finally:
        connection.close()


def send_bytes(server: Reachable, data: bytes) -> Reply:
    """Exactly these bytes, on a socket that stays open; the answer may come before the request is whole."""
    host, _, port = server.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=TIMEOUT_S) as connection:
        connection.sendall(data)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        told = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(status=answer.status, headers=told, body=answer.read())

"""Receivers of webhooks, and what stands for Slack and Microsoft Teams: they check what arrives as the real ones do."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CARD = "application/vnd.microsoft.card.adaptive"
MAX_CARD_BYTES = 28_000


@dataclass(frozen=True, kw_only=True)
class Arrival:
    path: str
    headers: dict[str, str]
    """Names in small letters."""
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(kw_only=True)
class Reply:
    status: int = 200
    body: bytes = b"ok"
    headers: dict[str, str] = field(default_factory=dict)
    wait_for: threading.Event | None = None
    """Nothing is answered before it is set."""


Judge = Callable[[Arrival], Reply]


class Receiver:
    """Answers as `judge` says. `taken` is what a receiver that keeps each `webhook-id` has worked on."""

    def __init__(self, judge: Judge | None = None) -> None:
        self.judge: Judge = judge or (lambda arrival: Reply())
        self.arrivals: list[Arrival] = []
        self.taken: dict[str, Arrival] = {}
        self.has_arrived = threading.Semaphore(0)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> "Receiver":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def speak_tls(self, context: ssl.SSLContext) -> None:
        """From the next connection on."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def wait(self, within_s: float = 60.0) -> None:
        """Until one more request has arrived."""
        assert self.has_arrived.acquire(timeout=within_s), "nothing arrived"

    def _handler(receiver: "Receiver") -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                arrival = Arrival(
                    path=self.path,
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=self.rfile.read(int(self.headers.get("content-length", 0))),
                )
                receiver.arrivals.append(arrival)
                receiver.taken.setdefault(arrival.headers.get("webhook-id", ""), arrival)
                reply = receiver.judge(arrival)
                receiver.has_arrived.release()
                if reply.wait_for is not None:
                    reply.wait_for.wait(60)
                with suppress(OSError):  # whoever asked may have gone
                    self.send_response(reply.status)
                    for name, value in {"content-length": str(len(reply.body)), **reply.headers}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(reply.body)

            def log_message(self, *_: object) -> None:
                """Nothing is printed."""

        return Handler


def slack(arrival: Arrival) -> Reply:
    """As an incoming webhook of Slack answers."""
    if not arrival.path.startswith("/services/T") or arrival.path.count("/") != 4:
        return Reply(status=404, body=b"no_service")
    try:
        message = arrival.json
        assert arrival.headers["content-type"] == "application/json"
        assert isinstance(message["text"], str)
        assert message["text"]
        assert 1 <= len(message["blocks"]) <= 50
        for block in message["blocks"]:
            _check_block(block)
    except (AssertionError, KeyError, TypeError, ValueError):
        return Reply(status=400, body=b"invalid_payload")
    return Reply()


def teams(arrival: Arrival) -> Reply:
    """As a Workflow of Teams answers that was asked to post a card."""
    try:
        message = arrival.json
        assert len(arrival.body) <= MAX_CARD_BYTES
        assert message["type"] == "message"
        [attachment] = message["attachments"]
        assert attachment["contentType"] == CARD
        card = attachment["content"]
        assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
        assert all(element["type"] == "TextBlock" and element["text"] for element in card["body"])
        assert all(action["type"] == "Action.OpenUrl" and action["url"] for action in card.get("actions", []))
    except (AssertionError, KeyError, TypeError, ValueError):
        return Reply(status=400, body=b'{"error":{"code":"TriggerInputSchemaMismatch"}}')
    return Reply(status=202, body=b"")


def _check_block(block: dict[str, Any]) -> None:
    match block["type"]:
        case "header":
            assert block["text"]["type"] == "plain_text"
            assert 1 <= len(block["text"]["text"]) <= 150
        case "section":
            assert block["text"]["type"] in ("plain_text", "mrkdwn")
            assert 1 <= len(block["text"]["text"]) <= 3000
        case "context":
            assert 1 <= len(block["elements"]) <= 10
            assert all(element["type"] in ("plain_text", "mrkdwn", "image") for element in block["elements"])
        case "actions":
            for element in block["elements"]:
                assert element["type"] == "button"
                assert len(element["text"]["text"]) <= 75
                assert len(element["url"]) <= 3000
        case _:
            raise AssertionError(block["type"])


@contextmanager
def receiving(judge: Judge | None = None) -> Iterator[Receiver]:
    with Receiver(judge) as receiver:
        yield receiver

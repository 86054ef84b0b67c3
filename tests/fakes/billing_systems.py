"""OpenMeter and Stripe's meter events as they document themselves, over real HTTP; what goes wrong is a test's to say.

Both know an event again: OpenMeter by source and id, in silence; Stripe by its identifier, with an error.
"""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

DAY_S = 86_400
Oddity = Callable[["Exchange"], None]
"""What happens to one request, in the place of taking it and saying so."""


@dataclass(slots=True)
class Exchange:
    """One request and its answer, in the hands of a test."""

    handler: BaseHTTPRequestHandler
    take: Callable[[], tuple[int, bytes]]
    """Takes the request as the system does; its status and answer."""

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.handler.send_response(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.end_headers()
        self.handler.wfile.write(body)

    def hang_up(self) -> None:
        self.handler.close_connection = True


@dataclass(slots=True)
class BillingSystem:
    """What it has taken, by its id, and what was sent to it twice."""

    key: str = "secret-key"
    customers: frozenset[str] = frozenset()
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    again: list[str] = field(default_factory=list)
    oddities: list[Oddity | None] = field(default_factory=list)
    """Of the next requests, in order."""
    base_url: str = ""

    def handle(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        oddity = self.oddities.pop(0) if self.oddities else None
        exchange = Exchange(handler, lambda: self.take(handler, body))
        if oddity is not None:
            oddity(exchange)
        else:
            status, said = exchange.take()
            exchange.answer(status, said)

    def take(self, handler: BaseHTTPRequestHandler, body: bytes) -> tuple[int, bytes]:
        if handler.headers.get("authorization") != f"Bearer {self.key}":
            return 401, b'{"title":"Unauthorized","error":{"message":"Invalid API Key provided"}}'
        if handler.path == "/api/v1/events":
            return self._openmeter(handler.headers.get("content-type", ""), body)
        if handler.path == "/v1/billing/meter_events":
            return self._stripe(handler.headers.get("content-type", ""), body)
        return 404, b"{}"

    def _openmeter(self, content_type: str, body: bytes) -> tuple[int, bytes]:
        events = json.loads(body)
        is_batch = content_type == "application/cloudevents-batch+json" and isinstance(events, list)
        if not is_batch or not all(map(_is_cloud_event, events)):
            return 400, b'{"type":"about:blank","title":"Bad Request","status":400,"detail":"invalid event"}'
        for event in events:
            self._keep(f"{event['source']} {event['id']}", {**event["data"], "id": event["id"], **event})
        return 204, b""

    def _stripe(self, content_type: str, body: bytes) -> tuple[int, bytes]:
        event = dict(parse_qsl(body.decode(), strict_parsing=True))
        problem = self._wrong_with(event) if content_type == "application/x-www-form-urlencoded" else "form"
        if problem:
            said = {"type": "invalid_request_error", "message": problem}
            return 400, json.dumps({"error": said}).encode()
        value = int(event["payload[value]"])
        self._keep(event["identifier"], {"id": event["identifier"], "cost_nano_usd": value, **event})
        return 200, json.dumps({"object": "billing.meter_event", "identifier": event["identifier"]}).encode()

    def _wrong_with(self, event: dict[str, str]) -> str:
        allowed = {"event_name", "payload[stripe_customer_id]", "payload[value]", "identifier", "timestamp"}
        if unknown := set(event) - allowed:
            return f"Received unknown parameters: {', '.join(sorted(unknown))}"
        if event["payload[stripe_customer_id]"] not in self.customers:
            return f"No such customer: '{event['payload[stripe_customer_id]']}'"
        if not re.fullmatch(r"-?\d{1,15}", event["payload[value]"]):
            return "Invalid value"
        age_s = time.time() - int(event.get("timestamp", time.time()))
        if not -300 <= age_s <= 35 * DAY_S:
            return "The timestamp must be within the past 35 calendar days"
        if event["identifier"] in self.events:
            self.again.append(event["identifier"])
            return f"An event already exists with identifier {event['identifier']}."
        return ""

    def _keep(self, key: str, event: dict[str, Any]) -> None:
        if key in self.events:
            self.again.append(key)
        else:
            self.events[key] = event

    @property
    def nano_usd(self) -> int:
        return sum(event["cost_nano_usd"] for event in self.events.values())


def _is_cloud_event(event: Any) -> bool:
    names = {"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data"}
    if set(event) != names or event["specversion"] != "1.0" or not isinstance(event["data"], dict):
        return False
    moment = datetime.fromisoformat(event["time"])
    return bool(UUID(event["id"])) and moment.utcoffset() == timedelta(0) and bool(event["subject"])


@contextmanager
def served(system: BillingSystem) -> Iterator[BillingSystem]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            system.handle(self, self.rfile.read(int(self.headers["content-length"])))

        def log_message(self, *_: Any) -> None:
            """In silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    system.base_url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield system
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

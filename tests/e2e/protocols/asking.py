"""One gateway in front of vendors of every protocol, and what became of a call on all three sides."""

import http.client
import itertools
import json
import math
from dataclasses import dataclass
from typing import Any

from gateway_project.proxy.framing import UNTYPED
from metering.models import UsageLog, UsageReservation
from tests.e2e.protocols.speaking import TEAMS, WAYS, Way
from tests.vendors.anthropic_app import FakeAnthropic
from tests.vendors.call_log import SeenCall
from tests.vendors.running import Running, RunningVendor

TIMEOUT_S = 30.0
DONE = "[DONE]"
Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Told:
    """One call."""

    way: Way
    status: int
    headers: dict[str, str]
    text: str
    rows: list[UsageLog]
    reservation: UsageReservation | None
    seen: list[SeenCall]
    """What vendors saw of it."""

    @property
    def answer(self) -> Json:
        return read(self.text)

    @property
    def is_stream(self) -> bool:
        return self.headers["content-type"].startswith("text/event-stream")

    @property
    def blocks(self) -> list[str]:
        """A stream's events and `[DONE]`, as they came, without comments."""
        return [block for block in self.text.split("\n\n") if block and not block.startswith(":")]

    @property
    def events(self) -> list[Json]:
        """A stream's events without `[DONE]`. Each is named by its type, if its protocol has types."""
        return [event_in(block) for block in self.blocks if block != f"data: {DONE}"]

    @property
    def ending(self) -> str:
        """The type of a stream's last event."""
        last = self.blocks[-1]
        return DONE if last == f"data: {DONE}" else str(event_in(last).get("type", ""))

    @property
    def said(self) -> str:
        return self.way.speech.told(self.events) if self.is_stream else self.way.speech.said(self.answer)

    @property
    def usage(self) -> Json:
        return self.way.speech.usage(self.events if self.is_stream else [self.answer])

    @property
    def error(self) -> Json:
        """The error that came instead of an answer, or as the last event; it is in its protocol's shape."""
        whole = self.events[-1] if self.is_stream else self.answer
        error: Json = whole["error"]
        assert error["request_id"] == self.headers["x-request-id"]
        assert {"type", "code", "message", "param"} <= error.keys()
        if self.way.speech.path.startswith("/v1/messages"):
            assert (whole["type"], whole["request_id"]) == ("error", error["request_id"])
            assert self.headers["request-id"] == error["request_id"]
        elif self.is_stream and self.way.speech.path == "/v1/responses":
            assert (whole["type"], whole["code"], whole["message"]) == (
                "error",
                error["code"],
                error["message"],
            )
            assert whole["sequence_number"] == len(self.events) - 1
        elif self.way.speech is TEAMS:
            assert whole["message"] == error["message"]
            assert not self.is_stream or whole["type"] == "error"
            assert self.status != 429 or {"usage", "limit", "resetAt"} <= whole.keys()
        else:
            assert whole.keys() == {"error"}
        return error

    @property
    def refusal(self) -> tuple[int, str, str | None]:
        """Status, code and field."""
        return self.status, self.error["code"], self.error["param"]

    @property
    def row(self) -> UsageLog:
        (row,) = self.rows
        return row

    @property
    def tokens(self) -> tuple[int, int]:
        return self.row.input_tokens, self.row.output_tokens

    @property
    def sent(self) -> SeenCall:
        """The one call that a vendor saw."""
        (call,) = self.seen
        return call


def event_in(block: str) -> Json:
    """The event, which is named by its type, if that can be a name."""
    name, _, data = block.partition("data: ")
    event = read(data)
    assert name in (f"event: {event.get('type')}\n", f"event: {UNTYPED}\n", ""), block
    return event


def read(text: str) -> Json:
    """JSON, as lenient with numbers as clients are."""
    value: Json = json.loads(text, parse_int=lambda digits: int(digits) if len(digits) < 1_000 else math.inf)
    return value


class GatewayAndVendors:
    """The gateway, its vendors, and the tokens of its callers by what limits them."""

    def __init__(
        self, *, url: str, vendor: RunningVendor, claude: Running[FakeAnthropic], tokens: dict[str, str]
    ) -> None:
        self.url = url
        self.vendor = vendor
        self.claude = claude
        self.tokens = tokens
        self._numbers = itertools.count(1)

    def ask(self, way: str | Way, text: str = "hello", *, as_: str = "free", **fields: Any) -> Told:
        """One call; `headers` and `path` are not fields of its body, and `raw` is all of it."""
        way = WAYS[way] if isinstance(way, str) else way
        request_id = f"protocol-{next(self._numbers)}"
        given = {"authorization": f"Bearer {self.tokens[as_]}", "x-request-id": request_id}
        headers = given | fields.pop("headers", {})
        path = fields.pop("path", way.path(stream=bool(fields.get("stream"))))
        raw = fields.pop("raw", None)
        body = json.dumps(way.body(text, **fields)).encode() if raw is None else raw
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=TIMEOUT_S)
        try:
            sent = {name: value for name, value in headers.items() if value is not None}
            connection.request("POST", path, body, sent)
            response = connection.getresponse()
            answer = response.read().decode(errors="replace")
        finally:
            connection.close()
        rows = list(UsageLog.objects.filter(request_id=request_id).order_by("attempt"))
        return Told(
            way=way,
            status=response.status,
            headers={name.lower(): value for name, value in response.getheaders()},
            text=answer,
            rows=rows,
            reservation=UsageReservation.objects.filter(request_id=request_id).first(),
            seen=[call for row in rows for call in self.calls() if call.attempt_id == str(row.pk)],
        )

    def calls(self) -> list[SeenCall]:
        """All that vendors have seen."""
        return [*self.vendor.log.calls, *self.claude.log.calls]

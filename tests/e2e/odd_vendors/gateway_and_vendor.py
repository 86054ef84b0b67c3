"""One gateway in front of a vendor that sends what a test says, and what became of each call on all three sides."""

import http.client
import itertools
import json
from dataclasses import dataclass, field
from typing import Any

from metering.models import UsageLog, UsageReservation
from tests.vendors.raw import RawVendor, Turn

TIMEOUT_S = 30.0
TEXT = "hello"
PLENTY = 10**12
"""Nano-USD."""
FRESH_MODELS = [f"fresh-{number}" for number in range(20)]


@dataclass(frozen=True, kw_only=True)
class Told:
    """One call: what its caller got, what the books say, what the vendor saw."""

    status: int
    headers: dict[str, str]
    text: str
    rows: list[UsageLog]
    reservation: UsageReservation | None
    seen: list[dict[str, Any]] = field(default_factory=list)

    @property
    def body(self) -> dict[str, Any]:
        decoded: dict[str, Any] = json.loads(self.text)
        return decoded

    @property
    def events(self) -> list[Any]:
        """The data of a stream's events; `[DONE]` as it is."""
        found = [part[6:] for part in self.text.split("\n\n") if part.startswith("data: ")]
        return [each if each == "[DONE]" else json.loads(each) for each in found]

    @property
    def said(self) -> str:
        """What the caller read."""
        if not self.text.lstrip().startswith(("data:", ":")):
            return "".join(choice["message"].get("content") or "" for choice in self.body["choices"])
        chunks = [each for each in self.events if each != "[DONE]" and "error" not in each]
        return "".join(
            choice["delta"].get("content") or "" for chunk in chunks for choice in chunk.get("choices") or ()
        )

    @property
    def error(self) -> dict[str, Any]:
        """The error that came instead of an answer, or as the last event."""
        found: dict[str, Any] = (self.events[-1] if self.text.startswith("data:") else self.body)["error"]
        return found

    @property
    def row(self) -> UsageLog:
        (row,) = self.rows
        return row

    @property
    def tokens(self) -> tuple[int, int]:
        return self.row.input_tokens, self.row.output_tokens

    @property
    def charged_nano_usd(self) -> int:
        return sum(row.cost_nano_usd for row in self.rows)


class GatewayAndVendor:
    """Knows the gateway's address, a token without budgets and one under a hard cost budget."""

    def __init__(self, *, port: int, vendor: RawVendor, token: str, capped_token: str) -> None:
        self.vendor = vendor
        self.token = token
        self.capped_token = capped_token
        self.port = port
        self._fresh = iter(FRESH_MODELS)
        self._numbers = itertools.count(1)

    def fresh_model(self) -> str:
        """A model of which nothing has been learnt yet."""
        return next(self._fresh)

    def ask(
        self,
        *turns: Turn,
        capped: bool = False,
        token: str | None = None,
        headers: dict[str, str] | None = None,
        **fields: Any,
    ) -> Told:
        """One chat completion, which the vendor answers with these turns."""
        self.vendor.answers(*turns)
        request_id = f"odd-{next(self._numbers)}"
        body = {"model": "small", "max_tokens": 50, "messages": [{"role": "user", "content": TEXT}], **fields}
        body = {name: value for name, value in body.items() if value != "absent"}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)
        secret = token or (self.capped_token if capped else self.token)
        sent = {"authorization": f"Bearer {secret}", "x-request-id": request_id, **(headers or {})}
        connection.request("POST", "/v1/chat/completions", json.dumps(body), sent)
        response = connection.getresponse()
        text = response.read().decode(errors="replace")
        connection.close()
        rows = list(UsageLog.objects.filter(request_id=request_id).order_by("attempt"))
        held = UsageReservation.objects.filter(request_id=request_id).first()
        return Told(
            status=response.status,
            headers={name.lower(): value for name, value in response.getheaders()},
            text=text,
            rows=rows,
            reservation=held,
            seen=list(self.vendor.seen),
        )

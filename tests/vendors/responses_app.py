"""OpenAI's `/responses` at a fake vendor: it shares the log and the directives of the vendor that it belongs to."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from aiohttp import web

from tests.vendors.directives import Directives
from tests.vendors.openai_errors import error_body, error_response
from tests.vendors.openai_responses import messages_of, wired_response, without_usage
from tests.vendors.wire_app import FakeWire, Wired

PREFIXES = {"message": "msg", "function_call": "fc", "custom_tool_call": "ctc", "reasoning": "rs"}
"""How the ids of items begin, which is checked."""
OWN_SEAL = "gAAAA"
"""How the reasoning begins that this vendor has encrypted."""
MOVED = {"max_tokens": "max_output_tokens", "messages": "input", "response_format": "text.format"}


class FakeResponses(FakeWire):
    """The protocol, on behalf of a vendor."""

    stalls_after = 5

    def __init__(self, vendor: FakeWire, wrong_key: Callable[[web.Request], web.Response | None]) -> None:
        """`wrong_key` answers a request without the right key, and no other."""
        super().__init__()
        self.log, self.next, self.api_key = vendor.log, vendor.next, vendor.api_key
        self._wrong_key = wrong_key

    def application(self) -> web.Application:
        raise NotImplementedError("the vendor has the application")

    def error(
        self, status: int, message: str | None = None, *, retry_after: int = 7, param: str | None = None
    ) -> web.Response:
        return error_response(status, message, param=param, retry_after=retry_after)

    def refusal(self, request: web.Request, body: dict[str, Any] | None) -> web.Response | None:
        if wrong_key := self._wrong_key(request):
            return wrong_key
        if body is None:
            return self.error(400, "We could not parse the JSON body of your request.")
        if body.get("model") == "unknown":
            return self.error(404)
        found = next(_wrong_with(body), None)
        return self.error(400, found[0], param=found[1]) if found else None

    def wired(self, body: dict[str, Any], model: str, asked: Directives) -> Wired:
        return wired_response(body, asked)

    def without_usage(self, wired: Wired) -> Wired:
        return without_usage(wired)

    def framed(self, event: dict[str, Any]) -> str:
        return f"event: {event['type']}\ndata: {json.dumps(event, separators=(',', ':'))}"

    def error_event(self) -> dict[str, Any]:
        message = error_body(500)["error"]["message"]
        said = {"code": "server_error", "message": message, "param": None}
        return {"type": "error", "sequence_number": self.stalls_after, **said}

    def messages(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        return messages_of(body)

    def more(self, event: dict[str, Any]) -> dict[str, Any]:
        return event | {"delta": " international" * 700}


def _wrong_with(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What the vendor refuses, each with its field."""
    for name, own in MOVED.items():
        if name in body:
            yield f"Unsupported parameter: '{name}'. In the Responses API it has moved to '{own}'.", name
    if not body.get("input"):
        yield "Missing required parameter: 'input'.", "input"
    if body.get("stream_options") and not body.get("stream"):
        yield "'stream_options' is only allowed when 'stream' is enabled.", "stream_options"
    if body.get("previous_response_id"):
        yield "Previous response with id 'resp_x' not found.", "previous_response_id"
    for place, tool in enumerate(body.get("tools") or ()):
        if tool.get("type") in ("function", "custom") and "name" not in tool:
            yield f"Missing required parameter: 'tools[{place}].name'.", f"tools[{place}].name"
    yield from _wrong_items(body["input"] if isinstance(body.get("input"), list) else [])


def _wrong_items(items: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    called: set[str] = set()
    for place, item in enumerate(items):
        kind, path = item.get("type", "message"), f"input[{place}]"
        prefix = PREFIXES.get(kind)
        if prefix and item.get("id") and not str(item["id"]).startswith(prefix):
            yield f"Invalid '{path}.id': expected an ID that begins with '{prefix}'.", f"{path}.id"
        sealed = item.get("encrypted_content") if kind == "reasoning" else None
        if sealed and not str(sealed).startswith(OWN_SEAL):
            yield "The encrypted content could not be verified.", f"{path}.encrypted_content"
        if kind in ("function_call", "custom_tool_call"):
            called.add(item["call_id"])
        elif kind.endswith("_call_output") and item["call_id"] not in called:
            yield f"No tool call found for output with call_id {item['call_id']}.", "input"

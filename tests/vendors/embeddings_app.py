"""OpenAI's `/embeddings` at a fake vendor: it shares the log and the directives of the vendor that it belongs to."""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from tests.vendors.directives import Directives
from tests.vendors.openai_embeddings import embeddings, inputs_of, wrong_request
from tests.vendors.openai_errors import error_body, error_response
from tests.vendors.wire_app import FakeWire, Wired


class FakeEmbeddings(FakeWire):
    """The protocol, on behalf of a vendor. Nothing is streamed."""

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
        wrong = wrong_request(body or {})
        return self.error(400, wrong[0], param=wrong[1]) if wrong else None

    def wired(self, body: dict[str, Any], model: str, asked: Directives) -> Wired:
        answer = embeddings(body)
        return Wired(answer=answer, events=[], usage=answer["usage"])

    def framed(self, event: dict[str, Any]) -> str:
        raise NotImplementedError("there are no events")

    def without_usage(self, wired: Wired) -> Wired:
        answer = {name: value for name, value in wired.answer.items() if name != "usage"}
        return Wired(answer=answer, events=[], usage=wired.usage)

    def error_event(self) -> dict[str, Any]:
        return error_body(500)

    def messages(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        """The texts among its inputs."""
        return [{"content": given} for given in inputs_of(body) if isinstance(given, str)]

import json
import logging
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from gateway_project.logs import LOGGING
from gateway_project.proxy.endpoint import endpoint


def request(*headers: tuple[bytes, bytes]) -> Request:
    return Request({"type": "http", "method": "GET", "path": "/", "headers": list(headers)})


async def test_every_line_logged_for_a_request_has_its_id(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def handler(request: Request) -> Response:
        logging.getLogger("metering.somewhere").warning("something.happened", extra={"amount": 3})
        return Response()

    config: Any = LOGGING["formatters"]["json"]
    maker = config["()"]
    formatter = maker(**{name: value for name, value in config.items() if name != "()"})
    lines: list[dict[str, Any]] = []
    monkeypatch.setattr(
        caplog.handler, "emit", lambda record: lines.append(json.loads(formatter.format(record)))
    )
    response = await endpoint(handler)(request((b"x-request-id", b"r-17")))
    assert response.headers["x-request-id"] == "r-17"
    [line] = lines
    assert (line["event"], line["request_id"], line["amount"]) == ("something.happened", "r-17", 3)


@pytest.mark.parametrize("bad", [b"two words", b"line\nbreak", b"x" * 129, b"caf\xe9"])
async def test_an_id_that_could_do_harm_is_replaced(bad: bytes) -> None:
    async def handler(request: Request) -> Response:
        return Response()

    response = await endpoint(handler)(request((b"x-request-id", bad)))
    assert len(response.headers["x-request-id"]) == 36

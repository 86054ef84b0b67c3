import asyncio
from typing import Any

import pytest
from starlette.requests import Request

from gateway_project.proxy import body
from metering.errors import InvalidRequest


def request(*parts: bytes) -> Request:
    """Whose body never ends."""
    waiting = list(parts)

    async def receive() -> dict[str, Any]:
        if not waiting:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": waiting.pop(0), "more_body": True}

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


@pytest.mark.parametrize("parts", [(), (b"{",)])
async def test_a_body_that_never_ends_is_refused(
    parts: tuple[bytes, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body, "BODY_TIMEOUT_S", 0.05)
    with pytest.raises(InvalidRequest, match="did not arrive"):
        await body.read_body(request(*parts))

"""Many callers at once, over raw HTTP and without retries: what each of them was answered."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp

TIMEOUT_S = 120.0
MAX_TOKENS = 50
_numbers = itertools.count(1)


@dataclass(kw_only=True)
class Told:
    """What one caller was told. A status of 0: the connection broke before there was an answer."""

    request_id: str
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    error: dict[str, Any] = field(default_factory=dict)
    """The error object, whether as an answer or as the last event of a stream."""
    whole: bool = False
    """A good answer that arrived to its end."""
    body: bytes = b""
    """All that came, if the answer came to an end."""

    @property
    def code(self) -> str:
        return str(self.error.get("code", ""))


class Callers:
    """They share one client, which opens as many connections as there are calls."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def ask(
        self,
        url: str,
        token: str,
        *,
        streamed: bool = False,
        text: str = "hello",
        leaves_after_s: float | None = None,
        headers: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> Told:
        """One call, under a request id of its own. Whoever leaves has waited so long and is told nothing."""
        told = Told(request_id=f"call-{next(_numbers):06}")
        body = {"model": "small", "max_tokens": MAX_TOKENS, "messages": [{"role": "user", "content": text}]}
        sent = {"authorization": f"Bearer {token}", "x-request-id": told.request_id, **(headers or {})}
        with suppress(aiohttp.ClientError, ConnectionError):
            try:
                async with (
                    asyncio.timeout(leaves_after_s),
                    self._session.post(
                        f"{url}/v1/chat/completions",
                        json=body | {"stream": streamed} | fields,
                        headers=sent,
                    ) as answer,
                ):
                    told.status = answer.status
                    told.headers = {name.lower(): value for name, value in answer.headers.items()}
                    told.body = await answer.read()
                    _read(told.body, told)
            except TimeoutError:
                if leaves_after_s is None:
                    raise
        return told

    def ask_two(self, url: str, token: str, **fields: Any) -> list["asyncio.Task[Told]"]:
        """One whole call and one streamed, under way."""
        return [
            asyncio.create_task(self.ask(url, token, streamed=streamed, **fields))
            for streamed in (False, True)
        ]

    async def ask_many(self, urls: Sequence[str], token: str, count: int, **fields: Any) -> list[Told]:
        """So many calls at once, spread over the gateways, every other one streamed."""
        return await asyncio.gather(
            *[
                self.ask(urls[number // 2 % len(urls)], token, streamed=bool(number % 2), **fields)
                for number in range(count)
            ]
        )


def _read(body: bytes, told: Told) -> None:
    if told.headers["content-type"].startswith("text/event-stream"):
        told.whole = body.endswith(b"data: [DONE]\n\n")
        if not told.whole and body.endswith(b"\n\n"):
            told.error = json.loads(body.rpartition(b"data: ")[2]).get("error", {})
        return
    told.error = json.loads(body).get("error", {})
    told.whole = told.status == 200


@asynccontextmanager
async def callers() -> AsyncIterator[Callers]:
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        yield Callers(session)

"""Callers that ask one call after the other, whatever they are told, in a thread; and what each call met."""

import asyncio
import itertools
import random
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import aiohttp

MAX_TOKENS = 50
TIMEOUT_S = 120.0
PAUSE_AFTER_FAILURE_S = 0.2
"""As SDKs wait before they try again; else a refusal would be asked for a thousand times a second."""
END_TIMEOUT_S = 180.0
_numbers = itertools.count(1)


class Call(NamedTuple):
    """Times are of the monotonic clock. A status of 0: the connection broke before there was an answer."""

    caller: int
    request_id: str
    began_s: float
    ended_s: float
    status: int
    code: str
    whole: bool


class Callers(threading.Thread):
    """`with Callers(...) as callers:` they ask until the block ends, and have their last answers then."""

    def __init__(
        self,
        urls: Sequence[str],
        tokens: Sequence[str],
        *,
        count: int,
        texts: Sequence[str],
        per_s: float = 0.0,
    ) -> None:
        """`texts`: one is drawn for each call. `per_s`: calls a second of all of them, else as fast as can be."""
        super().__init__(name="callers", daemon=True)
        self.urls, self.tokens = list(urls), list(tokens)
        self.calls: list[Call] = []
        self._count, self.texts = count, texts
        self._every_s = count / per_s if per_s else 0.0
        self._dice = random.Random(1)
        self._over = threading.Event()

    def __enter__(self) -> "Callers":
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self.join(END_TIMEOUT_S)
        if self.is_alive():
            raise RuntimeError("calls did not end")

    def run(self) -> None:
        asyncio.run(self._all())

    async def _all(self) -> None:
        connector = aiohttp.TCPConnector(limit=0)
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            await asyncio.gather(*[self._one(number, session) for number in range(self._count)])

    async def _one(self, number: int, session: aiohttp.ClientSession) -> None:
        due_s = time.monotonic() + self._dice.random() * self._every_s
        while not self._over.is_set():
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))
            due_s = max(due_s + self._every_s, time.monotonic() - self._every_s)
            call = await self._ask(number, session)
            self.calls.append(call)
            if not call.whole:
                await asyncio.sleep(PAUSE_AFTER_FAILURE_S)

    async def _ask(self, number: int, session: aiohttp.ClientSession) -> Call:
        request_id = f"call-{next(_numbers):08}"
        streamed = self._dice.random() < 0.5
        body = {
            "model": "small",
            "max_tokens": MAX_TOKENS,
            "stream": streamed,
            "messages": [{"role": "user", "content": self._dice.choice(self.texts)}],
        }
        token = self._dice.choice(self.tokens)
        headers = {"authorization": f"Bearer {token}", "x-request-id": request_id}
        url = f"{self._dice.choice(self.urls)}/v1/chat/completions"
        began_s, status, answer = time.monotonic(), 0, b""
        with suppress(aiohttp.ClientError, ConnectionError, TimeoutError):
            async with session.post(url, json=body, headers=headers) as response:
                status = response.status
                answer = await response.read()
        whole = status == 200 and (not streamed or answer.endswith(b"data: [DONE]\n\n"))
        code = "" if whole else _code_in(answer)
        return Call(number, request_id, began_s, time.monotonic(), status, code, whole)


def _code_in(answer: bytes) -> str:
    _, found, rest = answer.rpartition(b'"code":')
    return rest.lstrip().split(b",", 1)[0].strip(b'" }\n').decode("ascii", "replace") if found else "cut"


def refusals(calls: Sequence[Call]) -> dict[str, int]:
    """How many calls got no whole answer, by what was said instead."""
    told: dict[str, Any] = {}
    for call in calls:
        if not call.whole:
            name = f"{call.status} {call.code}".strip()
            told[name] = told.get(name, 0) + 1
    return told

"""Whether a vendor answers and accepts the key, without a call that it could bill."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from providers.openai_compatible.provider import OpenAICompatibleProvider
from providers.port import ProviderError
from tests.vendors.running import RunningVendor

KEY = "sk-proj-abcdefghijklmnop1234567890"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def server(**handlers: Handler) -> AsyncIterator[str]:
    """The base URL of a server that has a handler for GET /models, POST /chat/completions, or neither."""
    app = web.Application()
    if "models" in handlers:
        app.router.add_get("/v1/models", handlers["models"])
    if "chat" in handlers:
        app.router.add_post("/v1/chat/completions", handlers["chat"])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()


async def problem(base_url: str, key: str = KEY, timeout_s: float = 20.0) -> str | None:
    provider = OpenAICompatibleProvider(base_url=base_url, api_key=key)
    try:
        await provider.probe(timeout_s)
    except ProviderError as error:
        return error.message
    finally:
        await provider.close()
    return None


def answering(status: int, text: str = "{}") -> Handler:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=status, text=text, headers={"location": "http://127.0.0.1:1/"})

    return handler


async def test_a_vendor_that_lists_its_models_is_well_and_was_not_called(vendor: RunningVendor) -> None:
    assert await problem(vendor.base_url, vendor.api_key) is None
    assert vendor.log.calls == []


async def test_a_key_that_is_not_accepted(vendor: RunningVendor) -> None:
    assert await problem(vendor.base_url) == "status 401: it does not accept the gateway's credentials"


@pytest.mark.parametrize("status", [400, 422])
async def test_without_a_list_who_refuses_an_empty_request_is_well(status: int) -> None:
    async with server(chat=answering(status)) as url:
        assert await problem(url) is None


@pytest.mark.parametrize("status", [401, 403, 404, 500])
async def test_without_a_list_every_other_refusal_is_a_problem(status: int) -> None:
    async with server(chat=answering(status)) as url:
        said = await problem(url)
    assert said is not None
    assert said.startswith(f"status {status}")


async def test_a_redirect_is_not_followed() -> None:
    async with server(models=answering(302)) as url:
        assert (await problem(url) or "").startswith("status 302")


async def test_a_key_in_a_vendor_s_words_is_removed() -> None:
    async with server(
        models=answering(429, f'{{"error": {{"message": "the key {KEY} is over its quota"}}}}')
    ) as url:
        said = await problem(url)
    assert said == "status 429: the key [removed] is over its quota"


async def test_a_vendor_that_hangs_is_waited_for_no_longer_than_said() -> None:
    async def hang(request: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return web.Response()

    async with server(models=hang) as url:
        assert await problem(url, timeout_s=0.2) == "it did not answer in time"


async def test_nobody_there() -> None:
    assert await problem("http://127.0.0.1:1/v1") == "it cannot be reached"

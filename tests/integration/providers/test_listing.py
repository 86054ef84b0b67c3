"""What vendors answer when they are asked for their models: three protocols, pages, bounds, and what goes wrong."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from providers.anthropic.provider import AnthropicProvider
from providers.gemini.provider import GeminiProvider
from providers.openai_compatible.provider import OpenAICompatibleProvider
from providers.port import LLMProvider, ProviderError, VendorModel
from providers.sandbox.provider import SandboxProvider
from tests.integration.providers.families import FAMILIES, Family
from tests.vendors.running import running

KEY = "sk-proj-abcdefghijklmnop1234567890"
Pages = dict[str, Any]
"""The page of each cursor; the first one has an empty one."""


@asynccontextmanager
async def vendor(
    pages: Pages, *, cursor: str = "", status: int = 200
) -> AsyncIterator[tuple[str, list[str]]]:
    """A server's root and the queries that it saw."""
    seen: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request.query_string)
        page = pages[request.query.get(cursor, "")]
        if isinstance(page, str):
            return web.Response(status=status, text=page)
        return web.json_response(page, status=status)

    app = web.Application()
    app.add_routes([web.get(f"/{version}/models", handler) for version in ("v1", "v1beta")])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", seen
    finally:
        await runner.cleanup()


async def listed(client: LLMProvider) -> tuple[VendorModel, ...]:
    try:
        return await client.models(20)
    finally:
        await client.close()


def compatible(root: str) -> LLMProvider:
    return OpenAICompatibleProvider(base_url=f"{root}/v1", api_key=KEY)


def anthropic(root: str) -> LLMProvider:
    return AnthropicProvider(base_url=root, api_key=KEY)


def gemini(root: str) -> LLMProvider:
    return GeminiProvider(base_url=root, api_key=KEY)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=list(FAMILIES))
async def test_each_vendors_list_is_read_and_no_call_is_made_that_it_could_bill(family: Family) -> None:
    with running(family.fake()) as fake:
        base_url = f"http://127.0.0.1:{fake.port}{family.path}"
        models = await listed(family.client(base_url=base_url, api_key=fake.api_key))
        assert {
            "openai": ["fake-small", "fake-large"],
            "anthropic": ["claude-sonnet-5", "claude-haiku-4-5"],
            "gemini": ["gemini-2.5-pro"],
        }[family.name] == [model.name for model in models]
        assert fake.log.calls == []


async def test_a_compatible_vendor_may_add_names_and_limits_in_its_own_words() -> None:
    data = [
        {"id": "plain", "object": "model"},
        {"id": "router", "name": "Router", "context_length": 9, "top_provider": {"max_completion_tokens": 5}},
        {"id": "groq", "context_window": 8, "max_completion_tokens": 4},
        {"id": "mistral", "max_context_length": 7},
        {"id": "vllm", "max_model_len": 6},
    ]
    async with vendor({"": {"data": data}}) as (root, _):
        found = await listed(compatible(root))
    assert found == (
        VendorModel(name="plain"),
        VendorModel(name="router", label="Router", context_tokens=9, max_output_tokens=5),
        VendorModel(name="groq", context_tokens=8, max_output_tokens=4),
        VendorModel(name="mistral", context_tokens=7),
        VendorModel(name="vllm", context_tokens=6),
    )


async def test_anthropic_is_asked_page_by_page_and_what_is_retired_is_left_out() -> None:
    first = {"id": "a", "display_name": "A", "max_input_tokens": 10, "max_tokens": 3, "lifecycle": "active"}
    pages = {
        "": {"data": [first], "has_more": True, "last_id": "a"},
        "a": {"data": [{"id": "b", "lifecycle": "deprecated"}, {"id": "c", "lifecycle": "retired"}]},
    }
    async with vendor(pages, cursor="after_id") as (root, seen):
        found = await listed(anthropic(root))
    assert found == (
        VendorModel(name="a", label="A", context_tokens=10, max_output_tokens=3),
        VendorModel(name="b"),
    )
    assert seen == ["limit=1000", "limit=1000&after_id=a"]


async def test_gemini_is_asked_page_by_page_and_what_does_not_chat_is_left_out() -> None:
    first = {
        "name": "models/a",
        "displayName": "A",
        "inputTokenLimit": 10,
        "outputTokenLimit": 3,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
    }
    embeds = {"name": "models/e", "supportedGenerationMethods": ["embedContent"]}
    pages = {"": {"models": [first, embeds], "nextPageToken": "t"}, "t": {"models": [{"name": "models/b"}]}}
    async with vendor(pages, cursor="pageToken") as (root, seen):
        found = await listed(gemini(root))
    assert found == (
        VendorModel(name="a", label="A", context_tokens=10, max_output_tokens=3),
        VendorModel(name="b"),
    )
    assert seen == ["pageSize=1000", "pageSize=1000&pageToken=t"]


@pytest.mark.parametrize(
    ("client", "page"),
    [
        (anthropic, {"data": [{"id": "a"}], "has_more": True, "last_id": "a"}),
        (gemini, {"models": [{"name": "a"}], "nextPageToken": "a"}),
    ],
)
async def test_a_list_without_end_is_read_for_so_many_pages(client: Any, page: Any) -> None:
    async with vendor({"": page, "a": page}, cursor="after_id" if client is anthropic else "pageToken") as (
        root,
        seen,
    ):
        assert [model.name for model in await listed(client(root))] == ["a"]
    assert len(seen) == 50


async def test_a_page_that_is_too_large_is_not_read_to_its_end() -> None:
    async with vendor({"": "x" * (16 * 1024 * 1024 + 1)}) as (root, _):
        with pytest.raises(ProviderError, match="a page of more than 16,777,216 bytes"):
            await listed(compatible(root))


@pytest.mark.parametrize("page", ["", "nonsense", "[1, 2]", '"text"'])
async def test_what_is_no_list_is_a_clear_error(page: str) -> None:
    async with vendor({"": page}) as (root, _):
        with pytest.raises(ProviderError, match="its list of models is not valid JSON"):
            await listed(compatible(root))


@pytest.mark.parametrize(
    "data", [None, 5, {}, [], [None, 5, {}, {"id": 7}, {"id": ""}, {"id": "a b"}, {"id": "x" * 201}]]
)
async def test_what_names_no_model_is_passed_over(data: Any) -> None:
    async with vendor({"": {"data": data}}) as (root, _):
        assert await listed(compatible(root)) == ()


@pytest.mark.parametrize("client", [compatible, anthropic, gemini])
async def test_a_refusal_is_told_without_any_part_of_the_key(client: Any) -> None:
    async with vendor({"": {"error": {"message": f"no {KEY}"}}}, status=500) as (root, _):
        with pytest.raises(ProviderError, match="status 500") as refused:
            await listed(client(root))
    assert KEY not in refused.value.message


@pytest.mark.parametrize("client", [compatible, anthropic, gemini])
async def test_who_cannot_be_reached_is_a_clear_error(client: Any) -> None:
    with pytest.raises(ProviderError, match="it cannot be reached"):
        await listed(client("http://127.0.0.1:1"))


async def test_the_sandbox_lists_nothing() -> None:
    assert await listed(SandboxProvider()) == ()

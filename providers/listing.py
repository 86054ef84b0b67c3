"""The list of models that a vendor serves, page by page and within bounds."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aiohttp import ClientSession
from yarl import URL

from providers.openai_compatible.errors import MAX_ERROR_BYTES, broken, refused
from providers.openai_compatible.lenient_json import NotJson, decode_object
from providers.port import VendorModel

MAX_PAGES = 50
MAX_PAGE_BYTES = 16 * 1024 * 1024
MAX_MODELS = 20_000
MAX_NAME = 200
"""Characters; a longer name fits no model of the catalog."""
Body = dict[str, Any]
Query = dict[str, str]


async def list_models(
    session: ClientSession,
    url: URL,
    headers: Mapping[str, str],
    api_key: str,
    *,
    query: Query,
    read: Callable[[Body], Iterable[VendorModel | None]],
    next_page: Callable[[Body], Query | None],
) -> tuple[VendorModel, ...]:
    """Every model of every page. Raises ProviderError, and what the HTTP client raises.

    Redirects are not followed: the key goes to the configured host alone.
    """
    found: dict[str, VendorModel] = {}
    for _ in range(MAX_PAGES):
        body = await _page(session, url.update_query(query), headers, api_key)
        found |= {model.name: model for model in read(body) if model is not None}
        more = next_page(body)
        if more is None or len(found) >= MAX_MODELS:
            break
        query = query | more
    return tuple(list(found.values())[:MAX_MODELS])


async def _page(session: ClientSession, url: URL, headers: Mapping[str, str], api_key: str) -> Body:
    async with session.get(url, headers=headers, allow_redirects=False) as response:
        if response.status != 200:
            raise refused(
                response.status, response.headers, await response.content.read(MAX_ERROR_BYTES), api_key
            )
        data = b""
        async for part in response.content.iter_any():
            data += part
            if len(data) > MAX_PAGE_BYTES:
                raise broken(f"its list of models has a page of more than {MAX_PAGE_BYTES:,} bytes")
    try:
        return decode_object(data)
    except NotJson:
        raise broken("its list of models is not valid JSON") from None


def items(body: Body, key: str) -> Iterable[Body]:
    """The objects of a page."""
    found = body.get(key)
    return (item for item in (found if isinstance(found, list) else ()) if isinstance(item, dict))


def model_of(
    name: object, *, label: object, context: object = None, output: object = None
) -> VendorModel | None:
    """A listed model; None where its name cannot be one."""
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME or not name.isprintable() or " " in name:
        return None
    shown = label if isinstance(label, str) and label.isprintable() else ""
    return VendorModel(
        name=name, label=shown[:MAX_NAME], context_tokens=_count(context), max_output_tokens=_count(output)
    )


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None

"""The list of models that a vendor serves, page by page and within bounds."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aiohttp import ClientSession
from msgspec import Struct
from yarl import URL

from providers.openai_compatible.errors import MAX_ERROR_BYTES, broken
from providers.openai_compatible.lenient_json import NotJson, decode_object
from providers.port import ProviderError, VendorModel

MAX_PAGES = 50
MAX_PAGE_BYTES = 16 * 1024 * 1024
MAX_MODELS = 20_000
MAX_NAME = 200
"""Characters; a longer name fits no model of the catalog."""
Body = dict[str, Any]
Query = dict[str, str]
Refused = Callable[[int, Mapping[str, str], bytes], ProviderError]


def only_page(body: Body) -> None:
    """Return None: no other page follows."""


class ModelList(Struct, frozen=True, kw_only=True):
    """How a protocol lists models."""

    read: Callable[[Body], Iterable[VendorModel | None]]
    """The models of a page, as far as they chat."""
    next_page: Callable[[Body], Query | None] = only_page
    """What asks for the page behind this one; None: it is the last one."""
    query: Query = {}
    """Asks for as many models on a page as there can be."""


async def list_models(
    session: ClientSession, url: URL, headers: Mapping[str, str], how: ModelList, refused: Refused
) -> tuple[VendorModel, ...]:
    """Every model of every page. Raises ProviderError, and what the HTTP client raises.

    Redirects are not followed: the key goes to the configured host alone.
    """
    found: dict[str, VendorModel] = {}
    query = how.query
    for _ in range(MAX_PAGES):
        body = await _page(session, url.update_query(query), headers, refused)
        found |= {model.name: model for model in how.read(body) if model is not None}
        more = how.next_page(body)
        if more is None or len(found) >= MAX_MODELS:
            break
        query = query | more
    return tuple(list(found.values())[:MAX_MODELS])


async def _page(session: ClientSession, url: URL, headers: Mapping[str, str], refused: Refused) -> Body:
    async with session.get(url, headers=headers, allow_redirects=False) as response:
        if response.status != 200:
            body = await response.content.read(MAX_ERROR_BYTES)
            raise refused(response.status, response.headers, body)
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

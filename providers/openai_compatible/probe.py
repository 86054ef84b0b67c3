"""Whether a vendor answers and accepts the key, asked in a way that costs nothing."""

from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import ClientSession
from yarl import URL

from providers.openai_compatible.errors import CREDENTIAL, MAX_ERROR_BYTES
from providers.port import ProviderError

NO_LIST = frozenset({404, 405, 501})
"""Not every server that speaks a protocol lists its models."""
Refused = Callable[[int, Mapping[str, str], bytes], ProviderError]


async def probe(
    session: ClientSession, *, models_url: URL, chat_url: URL, headers: Mapping[str, str], refused: Refused
) -> None:
    """Ask for the list of models. Raises ProviderError, and what the HTTP client raises.

    Where there is no list, an empty chat request is sent: who accepts the key refuses it for what it lacks.
    Redirects are not followed: the key goes to the configured host alone.
    """
    status, error = await _asked(session.get(models_url, headers=headers, allow_redirects=False), refused)
    if status in NO_LIST:
        post = session.post(chat_url, data=b"{}", headers=headers, allow_redirects=False)
        status, error = await _asked(post, refused)
        if 400 <= status < 500 and status not in CREDENTIAL | NO_LIST:
            return
    if error is not None:
        raise error


async def _asked(asking: Any, refused: Refused) -> tuple[int, ProviderError | None]:
    async with asking as response:
        if response.status == 200:
            return 200, None
        body = await response.content.read(MAX_ERROR_BYTES)
        return response.status, refused(response.status, response.headers, body)

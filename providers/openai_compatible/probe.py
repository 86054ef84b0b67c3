"""Whether a vendor answers and accepts the key, asked in a way that costs nothing."""

from collections.abc import Mapping

from aiohttp import ClientSession
from yarl import URL

from providers.openai_compatible.errors import CREDENTIAL, MAX_ERROR_BYTES, refused

NO_LIST = frozenset({404, 405, 501})
"""Not every server that speaks the protocol lists its models."""


async def probe(session: ClientSession, chat_url: URL, headers: Mapping[str, str], api_key: str) -> None:
    """Ask for the list of models. Raises ProviderError, and what the HTTP client raises.

    Where there is no list, an empty chat request is sent: who accepts the key refuses it for what it lacks.
    Redirects are not followed: the key goes to the configured host alone.
    """
    models_url = chat_url.parent.parent / "models"
    async with session.get(models_url, headers=headers, allow_redirects=False) as response:
        if response.status == 200:
            return
        body = await response.content.read(MAX_ERROR_BYTES)
        if response.status not in NO_LIST:
            raise refused(response.status, response.headers, body, api_key)
    async with session.post(chat_url, data=b"{}", headers=headers, allow_redirects=False) as response:
        understood = 400 <= response.status < 500 and response.status not in CREDENTIAL | NO_LIST
        if response.status != 200 and not understood:
            body = await response.content.read(MAX_ERROR_BYTES)
            raise refused(response.status, response.headers, body, api_key)

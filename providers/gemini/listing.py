"""What `GET /v1beta/models` answers at Google."""

from collections.abc import Iterator
from typing import Any

from providers.listing import ModelList, items, model_of
from providers.port import VendorModel

CHATS = "generateContent"
PREFIX = "models/"


def _read(body: dict[str, Any]) -> Iterator[VendorModel | None]:
    """Those that chat; others embed, or make pictures."""
    for item in items(body, "models"):
        name, methods = item.get("name"), item.get("supportedGenerationMethods")
        if not isinstance(methods, list) or CHATS in methods:
            yield model_of(
                name.removeprefix(PREFIX) if isinstance(name, str) else None,
                label=item.get("displayName"),
                context=item.get("inputTokenLimit"),
                output=item.get("outputTokenLimit"),
            )


def _next_page(body: dict[str, Any]) -> dict[str, str] | None:
    token = body.get("nextPageToken")
    return {"pageToken": token} if token and isinstance(token, str) else None


MODELS = ModelList(read=_read, next_page=_next_page, query={"pageSize": "1000"})

"""What `GET /v1/models` answers at Anthropic."""

from collections.abc import Iterator
from typing import Any

from providers.listing import ModelList, items, model_of
from providers.port import VendorModel

RETIRED = "retired"


def _read(body: dict[str, Any]) -> Iterator[VendorModel | None]:
    """Those that it lists as retired are history."""
    for item in items(body, "data"):
        if item.get("lifecycle") != RETIRED:
            yield model_of(
                item.get("id"),
                label=item.get("display_name"),
                context=item.get("max_input_tokens"),
                output=item.get("max_tokens"),
            )


def _next_page(body: dict[str, Any]) -> dict[str, str] | None:
    last = body.get("last_id")
    return {"after_id": last} if body.get("has_more") and isinstance(last, str) else None


MODELS = ModelList(read=_read, next_page=_next_page, query={"limit": "1000"})

"""The content part that holds a picture, in the shapes that chat requests use."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from providers.pictures.size import Size, size_in_data_url

PART_TYPES = ("image_url", "input_image")
PART_KEYS = frozenset({"type", "image_url", "detail", "cache_control"})
IMAGE_KEYS = frozenset({"url", "detail"})
"""Another key may ask for more tokens (`max_pixels`) or name another file (`file_id`)."""


class Picture(Struct, frozen=True, kw_only=True):
    """What decides the tokens of a picture."""

    size: Size | None
    """None: it is elsewhere, or its bytes do not tell."""
    detail: str | None
    remote: bool
    """The vendor fetches it from an address."""


def read_picture(part: Mapping[str, Any]) -> Picture | None:
    """The picture of a part; None if the part holds something else, or anything besides a picture."""
    if part.get("type") not in PART_TYPES or not part.keys() <= PART_KEYS:
        return None
    image = part.get("image_url")
    if isinstance(image, str):
        image = {"url": image}
    if not isinstance(image, Mapping) or not image.keys() <= IMAGE_KEYS:
        return None
    url = image.get("url")
    inner, outer = image.get("detail"), part.get("detail")
    if not isinstance(url, str) or (inner is not None and outer is not None):
        return None
    detail = outer if inner is None else inner
    return _picture_at(url, detail) if detail is None or isinstance(detail, str) else None


def _picture_at(url: str, detail: str | None) -> Picture | None:
    start = url[:11].lower()
    if start.startswith("data:image/"):
        return Picture(size=size_in_data_url(url), detail=detail, remote=False)
    if start.startswith(("http://", "https://")):
        return Picture(size=None, detail=detail, remote=True)
    return None

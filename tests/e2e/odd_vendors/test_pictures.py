"""A picture is held at what its family's formula says, and not at the whole context."""

import base64
import os
import struct
import zlib
from typing import Any

import pytest

from tests.e2e.odd_vendors.gateway_and_vendor import GatewayAndVendor
from tests.vendors.raw import whole

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
CONTEXT, SQUARE = 128_000, 765
"""Tokens of the model, and of a picture of 1024 x 1024 pixels at high detail."""


def png(width: int, height: int, *, size: int) -> str:
    """A data URL of about `size` bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    data = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", os.urandom(size)) + chunk(b"IEND", b"")
    return "data:image/png;base64," + base64.b64encode(data).decode()


def showing(*parts: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"type": "text", "text": "What is this?"}, *parts]}]


def picture(url: str, **facts: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, **facts}}


def held(gateway: GatewayAndVendor, model: str, *parts: dict[str, Any], **fields: Any) -> int:
    told = gateway.ask(model=model, capped=True, messages=showing(*parts), **fields)
    assert told.status == 200, told.text
    assert told.reservation is not None
    return told.reservation.input_tokens


def test_a_picture_of_400_kb_is_held_by_its_size_and_detail(gateway: GatewayAndVendor) -> None:
    large = picture(png(1024, 1024, size=300_000), detail="high")
    assert SQUARE < held(gateway, "gpt-4o", large) < SQUARE + 1_000
    low = picture(png(1024, 1024, size=300_000), detail="low")
    assert 85 < held(gateway, "gpt-4o", low) < SQUARE


def test_pictures_add_up_and_one_of_unknown_size_counts_as_the_largest(gateway: GatewayAndVendor) -> None:
    one = picture(png(1024, 1024, size=1_000), detail="high")
    both = held(gateway, "gpt-4o", one, picture("https://example.com/a.png", detail="high"))
    assert 2 * SQUARE < both < 4 * SQUARE


def test_a_picture_for_an_unknown_family_counts_as_the_whole_context(gateway: GatewayAndVendor) -> None:
    assert held(gateway, "small", picture(png(8, 8, size=10))) == 10_000


@pytest.mark.parametrize("kind", ["file", "video_url", "something of tomorrow"])
def test_what_is_neither_text_nor_a_picture_counts_as_the_whole_context(
    gateway: GatewayAndVendor, kind: str
) -> None:
    assert held(gateway, "gpt-4o", {"type": kind, kind: {"id": "f-1"}}) == CONTEXT


def test_a_picture_whose_usage_is_missing_is_counted_with_it(gateway: GatewayAndVendor) -> None:
    parts = showing(picture(png(1024, 1024, size=1_000), detail="high"))
    told = gateway.ask(whole(usage="absent"), model="gpt-4o", messages=parts)
    assert SQUARE < told.tokens[0] < SQUARE + 50
    assert told.row.estimated

"""Pictures that consist of little more than their headers, and the parts of a request that hold them."""

import base64
from typing import Any


def png(width: int, height: int) -> bytes:
    header = b"\0\0\0\x0dIHDR" + width.to_bytes(4) + height.to_bytes(4) + b"\x08\x02\0\0\0"
    return b"\x89PNG\r\n\x1a\n" + header + b"\0\0\0\0"


def segment(marker: int, payload: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(payload) + 2).to_bytes(2) + payload


def frame(width: int, height: int) -> bytes:
    return segment(0xC0, b"\x08" + height.to_bytes(2) + width.to_bytes(2) + b"\x01\x01\x11\0")


SCAN = segment(0xDA, b"\x01\x01\0\0\x3f\0") + b"\x12\x34\xff\xd9"


def jpeg(width: int, height: int, *, metadata: bytes = b"") -> bytes:
    return (
        b"\xff\xd8"
        + segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")
        + metadata
        + frame(width, height)
        + SCAN
    )


def lying_on_its_side() -> bytes:
    """An Exif segment whose orientation swaps the sides."""
    entry = b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"
    return segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08\0\x01" + entry + b"\0\0\0\0")


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + width.to_bytes(2, "little") + height.to_bytes(2, "little") + b"\0\0\0;"


def _riff(chunk: bytes) -> bytes:
    return b"RIFF" + (len(chunk) + 4).to_bytes(4, "little") + b"WEBP" + chunk


def webp_lossy(width: int, height: int) -> bytes:
    frame_header = b"\0\0\0\x9d\x01\x2a" + width.to_bytes(2, "little") + height.to_bytes(2, "little")
    return _riff(b"VP8 " + (10).to_bytes(4, "little") + frame_header)


def webp_lossless(width: int, height: int) -> bytes:
    bits = (width - 1) | (height - 1) << 14
    return _riff(b"VP8L" + (5).to_bytes(4, "little") + b"\x2f" + bits.to_bytes(4, "little") + bytes(8))


def webp_extended(width: int, height: int) -> bytes:
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return _riff(b"VP8X" + (10).to_bytes(4, "little") + b"\0\0\0\0" + canvas)


def data_url(picture: bytes, media_type: str = "image/png") -> str:
    return f"data:{media_type};base64,{base64.b64encode(picture).decode()}"


def part(url: str, detail: str | None = None) -> dict[str, Any]:
    """As OpenAI's Chat Completions take it."""
    return {"type": "image_url", "image_url": {"url": url} | ({} if detail is None else {"detail": detail})}


def sized(width: int, height: int, detail: str | None = None) -> dict[str, Any]:
    return part(data_url(png(width, height)), detail)


REMOTE = "https://example.com/a.png"

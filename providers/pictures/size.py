"""Width and height of a picture in a `data:` URL, from its first bytes and never by decoding it.

Only a size that no decoder can contradict is believed, because a size that is too small makes the bound too low:
plain PNG, JPEG and WebP. A GIF's size is not: its first frame may be larger than the size in its header.
"""

import base64
import io

import imagesize
from msgspec import Struct

HEADER_BYTES = 3 << 16
"""Read of a picture at most. A JPEG's size follows its metadata, an embedded thumbnail for one."""
HEADER_CHARS = HEADER_BYTES // 3 * 4
MAX_MEDIA_TYPE_CHARS = 128
MAX_SEGMENTS = 512
"""Of a JPEG before its pixels."""
MAX_SIDE = 16_383
"""Pixels. A WebP has no longer side, but two more bits, and larger claims are not believed in others either."""

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8"
START_OF_SCAN = 0xDA
SEGMENT_MARKERS = frozenset(range(0xC0, 0xFF)) - frozenset(range(0xD0, 0xDA))
"""Those that a length follows."""
FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""The segments that hold a JPEG's size. The three are tables."""


class Size(Struct, frozen=True):
    """In pixels. A picture that is shown on its side has them the other way round."""

    width: int
    height: int


def size_in_data_url(url: str) -> Size | None:
    """The size of the picture, or None if its first bytes do not tell."""
    comma = url.find(",", 0, MAX_MEDIA_TYPE_CHARS)
    if comma < 0 or not url[:comma].rstrip().lower().endswith(";base64"):
        return None
    try:
        header = base64.b64decode(url[comma + 1 : comma + 1 + HEADER_CHARS], validate=True)
    except ValueError:  # not strictly base64
        return None
    return size_of(header)


def size_of(header: bytes) -> Size | None:
    """The size that a picture's first bytes claim, or None."""
    if not (header.startswith(PNG) or _is_webp(header) or _is_plain_jpeg(header)):
        return None
    width, height = imagesize.get(io.BytesIO(header), exif_rotation=False)
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        return None
    return Size(width, height)


def _is_webp(header: bytes) -> bool:
    return header.startswith(b"RIFF") and header[8:12] == b"WEBP"


def _is_plain_jpeg(header: bytes) -> bool:
    """Each segment follows the one before, and one alone tells the size: readers disagree about all else."""
    if not header.startswith(JPEG):
        return False
    frames, position = 0, len(JPEG)
    for _ in range(MAX_SEGMENTS):
        if position + 4 > len(header) or header[position] != 0xFF:
            return False
        marker, length = header[position + 1], int.from_bytes(header[position + 2 : position + 4])
        if marker == START_OF_SCAN:
            return frames == 1
        if marker not in SEGMENT_MARKERS or length < 2:
            return False
        frames += marker in FRAME_MARKERS
        position += 2 + length
    return False

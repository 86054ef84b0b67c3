"""What the first bytes of a picture tell, whatever they are."""

import base64
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.pictures import picture_tokens
from providers.pictures.size import HEADER_BYTES, MAX_SEGMENTS, MAX_SIDE, Size, size_in_data_url, size_of
from tests.pictures import (
    SCAN,
    data_url,
    frame,
    gif,
    jpeg,
    lying_on_its_side,
    part,
    png,
    segment,
    webp_extended,
    webp_lossless,
    webp_lossy,
)

FORMATS = [png, jpeg, webp_lossy, webp_lossless, webp_extended]
BEGINNINGS = [
    b"",
    png(64, 64),
    jpeg(64, 64),
    gif(64, 64),
    webp_lossy(64, 64),
    webp_extended(64, 64),
    b"\xff\xd8",
]


@pytest.mark.parametrize("picture", FORMATS)
@given(width=st.integers(1, MAX_SIDE), height=st.integers(1, MAX_SIDE))
def test_a_plain_picture_tells_its_size(picture: Callable[..., bytes], width: int, height: int) -> None:
    assert size_in_data_url(data_url(picture(width, height))) == Size(width, height)


def test_a_jpegs_size_follows_its_metadata() -> None:
    metadata = segment(0xE1, b"Exif\0\0" + frame(8, 8)) + segment(0xE2, b"ICC" * 20_000)
    assert size_of(jpeg(640, 480, metadata=metadata)) == Size(640, 480)


def test_metadata_without_end_is_not_read() -> None:
    too_long = segment(0xE2, bytes(65_000)) * (HEADER_BYTES // 65_000 + 1)
    assert size_in_data_url(data_url(jpeg(640, 480, metadata=too_long))) is None
    assert size_of(jpeg(640, 480, metadata=segment(0xFE, b"") * MAX_SEGMENTS)) is None


def test_a_picture_on_its_side_has_the_same_bound() -> None:
    upright = part(data_url(jpeg(1000, 300)), "high")
    lying = part(data_url(jpeg(1000, 300, metadata=lying_on_its_side())), "high")
    assert picture_tokens("gpt-4o", upright) == picture_tokens("gpt-4o", lying) == 85 + 2 * 170


@pytest.mark.parametrize(
    "picture",
    [
        png(0, 5),
        png(5, MAX_SIDE + 1),
        png((1 << 32) - 1, (1 << 32) - 1),
        jpeg(5, 0),  # the height follows the pixels
        webp_lossy(64 | 1 << 14, 64),  # to be shown enlarged: the bit is no part of the width
        gif(1, 1),  # a frame may be larger
        png(5, 5)[:20],
        webp_lossy(5, 5)[:20],
        b"\xff\xd8" + frame(5, 5),
        b"\xff\xd8" + frame(5, 5) + frame(900, 900) + SCAN,
        b"\xff\xd8\xff\x00\x00\x1f" + frame(5, 5) + bytes(12) + frame(900, 900) + SCAN,
        b"\xff\xd8" + bytes(9) + frame(5, 5) + SCAN,
        b"\xff\xd8" + segment(0xE0, b"")[:2] + b"\0\0" + frame(5, 5) + SCAN,
        b"\xff\xd8" + segment(0xD0, frame(5, 5)) + frame(900, 900) + SCAN,
        b"\xff\xd8" + SCAN,
        b"<svg width='5' height='5'/>",
        b"BM" + bytes(40),
        b"II*\0" + bytes(40),
        b"%PDF-1.7",
        b"",
    ],
)
def test_a_size_that_a_decoder_could_contradict_is_not_believed(picture: bytes) -> None:
    assert size_in_data_url(data_url(picture)) is None
    assert picture_tokens("gpt-4o", part(data_url(picture), "high")) == 1_445


@pytest.mark.parametrize(
    "url",
    [
        "data:image/png;base64",
        "data:image/png," + base64.b64encode(png(5, 5)).decode(),
        data_url(png(5, 5)).replace(";base64", ";base64;x=1"),
        data_url(png(5, 5)).replace("base64,", "base64, "),
        data_url(png(5, 5)).replace("base64,", "base64,%20"),
        data_url(png(5, 5)).replace("iVBOR", "iVB-OR"),
        data_url(png(5, 5)).replace("iVBOR", "iVB\u00e9OR"),
        "data:image/png;" + "x" * 200 + ";base64," + base64.b64encode(png(5, 5)).decode(),
        "data:image/png;base64,====",
    ],
)
def test_base64_that_decoders_read_differently_tells_no_size(url: str) -> None:
    assert size_in_data_url(url) is None
    assert picture_tokens("gpt-4o", part(url, "high")) == 1_445


def test_only_the_beginning_is_decoded() -> None:
    assert size_in_data_url(data_url(png(5, 7) + bytes(HEADER_BYTES)) + "garbage!") == Size(5, 7)


@given(start=st.sampled_from(BEGINNINGS), cut=st.integers(0, 64), rest=st.binary(max_size=400))
def test_no_bytes_raise_and_none_tell_an_impossible_size(start: bytes, cut: int, rest: bytes) -> None:
    size = size_of(start[:cut] + rest)
    assert size is None or (1 <= size.width <= MAX_SIDE and 1 <= size.height <= MAX_SIDE)


@given(st.text())
def test_no_text_of_an_address_raises(text: str) -> None:
    for url in (text, "data:" + text, "data:image/" + text, "data:image/png;base64," + text):
        tokens = picture_tokens("gpt-4o-mini", part(url))
        assert tokens is None or 2_833 < tokens <= 48_169

"""The numbers of docs/pictures.md."""

from collections.abc import Callable
from math import ceil, floor, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.pictures import picture_tokens
from providers.pictures.families import BY_VENDOR
from tests.pictures import REMOTE, part, sized

DETAILS = ["low", "high", "original", "auto", None, "LOW", "ultra"]
SIDES = st.integers(1, 1_000) | st.integers(1, 16_383) | st.integers(0, (1 << 32) - 1)
GEMINI = ["gemini-2.0-flash", "gemini-2.5-pro", "gemini-3.1-pro-preview"]
ONE_OF_EACH = list({rule: model for model, rule in BY_VENDOR[""].items()}.values())


@pytest.mark.parametrize(
    ("model", "size", "detail", "tokens"),
    [
        ("gpt-4o", (1024, 1024), "high", 765),
        ("gpt-4o", (2048, 4096), "high", 1_105),
        ("gpt-4o", (4096, 8192), "low", 85),
        ("gpt-4o-mini", (2048, 4096), "high", 2_833 + 6 * 5_667),
        ("gpt-4o-mini", (1024, 1024), "low", 2_833),
        ("gpt-5.1", (1024, 1024), "high", 70 + 4 * 140),
        ("o3", (1024, 1024), "high", 75 + 4 * 150),
        ("computer-use-preview", (1024, 1024), "high", 65 + 4 * 129),
        ("claude-opus-5", (200, 200), None, 64),
        ("claude-opus-5", (1000, 1000), None, 1_296),
        ("claude-opus-5", (1092, 1092), None, 1_521),
        ("claude-opus-5", (1920, 1080), None, 2_691),
        ("claude-opus-5", (2000, 1500), None, 3_888),
        ("claude-opus-5", (3840, 2160), None, 4_784),
        ("claude-haiku-4-5", (200, 200), None, 64),
        ("claude-haiku-4-5", (1000, 1000), None, 1_334),
    ],
)
def test_an_example_of_the_vendors_document_costs_what_the_document_says(
    model: str, size: tuple[int, int], detail: str | None, tokens: int
) -> None:
    assert picture_tokens(model, sized(*size, detail)) == tokens


@pytest.mark.parametrize(
    ("model", "size", "detail", "estimate"),
    [
        ("gpt-5.4", (1024, 1024), "high", 1_229),
        ("gpt-5.4", (2048, 2048), "high", 3_000),
        ("gpt-6-astra", (4096, 512), "high", 2_458),
        ("gpt-4.1-mini", (1024, 1024), "high", 1_659),
        ("gpt-4.1-nano", (1024, 1024), "auto", 2_520),
        ("o4-mini", (1024, 1024), "auto", 1_762),
    ],
)
def test_patches_cost_the_documents_estimate_and_the_token_by_which_the_bill_may_differ(
    model: str, size: tuple[int, int], detail: str, estimate: int
) -> None:
    assert picture_tokens(model, sized(*size, detail)) == estimate + 1


@pytest.mark.parametrize(
    ("width", "height", "tokens"),
    [
        (384, 384, 258),
        (385, 384, (2 * 2 + 1) * 258),
        (960, 540, (3 * 2 + 1) * 258),
        (1200, 300, (6 * 2 + 1) * 258),
        (2304, 1152, (3 * 2 + 1) * 258),
        (8000, 8000, (4 * 4 + 1) * 258),
        (3000, 1, None),
    ],
)
def test_geminis_crops_and_the_overview_that_it_bills_beside_them(
    width: int, height: int, tokens: int | None
) -> None:
    assert picture_tokens("gemini-2.5-flash", sized(width, height)) == tokens


@pytest.mark.parametrize(
    ("width", "height", "tiles"),
    [
        (1, 1, 1),
        (512, 512, 1),
        (513, 512, 2),
        (768, 768, 4),
        (2048, 1, 4),
        (768, 1536, 6),
        (768, 1537, 8),
        (2049, 513, 8),  # billed so: 2048 x 512.75
        (4096, 2047, 8),  # 2048 x 1023.5, which may become 1537 x 768
    ],
)
def test_the_edges_of_a_tile(width: int, height: int, tiles: int) -> None:
    assert picture_tokens("gpt-4o", sized(width, height, "high")) == 85 + tiles * 170


@pytest.mark.parametrize(
    ("model", "tokens"),
    [
        ("gpt-4o", {"low": 85, "high": 1_445, "auto": 1_445}),
        ("gpt-4o-mini", {"low": 2_833, "high": 48_169, "auto": 48_169}),
        ("gpt-5", {"low": 70, "high": 1_190}),
        ("o1", {"low": 75, "high": 1_275}),
        ("gpt-5-mini", {"low": 4_917, "high": 4_917}),
        ("gpt-5-nano", {"low": 6_145, "high": 6_145}),
        ("gpt-4.1-mini", {"low": 6_637, "high": 6_637}),
        ("gpt-4.1-nano", {"high": 10_078}),
        ("o4-mini", {"high": 7_047}),
        ("gpt-5.4", {"low": 4_917, "high": 3_001, "original": 12_001, "auto": 3_001}),
        ("gpt-5.5", {"low": 309, "high": 3_001, "original": 12_001, "auto": 12_001}),
        ("gpt-5.6-luna", {"low": 309, "high": 3_001, "original": 36_001, "auto": 36_001}),
        ("gpt-6-astra", {"low": 309, "high": 3_001, "original": 36_001, "auto": 36_001}),
        ("claude-sonnet-4-5", {"low": 1_640, "high": 1_640}),
        ("claude-opus-4-7", {"low": 4_784, "high": 4_784}),
        ("grok-4.3", {"low": 1_792, "high": 1_792}),
        ("pixtral-12b-2409", {"high": 4_160}),
        ("mistral-small-2506", {"high": 3_080}),
    ],
)
def test_a_picture_that_is_elsewhere_costs_the_most_of_its_detail(model: str, tokens: dict[str, int]) -> None:
    assert {detail: picture_tokens(model, part(REMOTE, detail)) for detail in tokens} == tokens
    assert picture_tokens(model, part(REMOTE)) == picture_tokens(model, part(REMOTE, "auto"))


@pytest.mark.parametrize("model", GEMINI)
def test_google_may_fetch_a_video_from_an_address_so_nothing_bounds_it(model: str) -> None:
    assert picture_tokens(model, part(REMOTE)) is None


def test_gemini_3_costs_its_highest_resolution_whatever_is_asked() -> None:
    assert picture_tokens("gemini-3.1-pro-preview", sized(10, 10, "low")) == 2_240


@pytest.mark.parametrize("model", ONE_OF_EACH)
@given(width=SIDES, height=SIDES, detail=st.sampled_from(DETAILS))
def test_no_picture_costs_more_than_one_whose_size_is_unknown_or_less_than_a_token(
    model: str, width: int, height: int, detail: str | None
) -> None:
    size = sized(width, height, detail)
    tokens, most = picture_tokens(model, size), picture_tokens(model, part(REMOTE, detail))
    assert tokens is not None
    assert most is not None
    assert 1 <= tokens <= most


@pytest.mark.parametrize("model", [*ONE_OF_EACH, *GEMINI])
@given(width=st.integers(1, 20_000), height=st.integers(1, 20_000))
def test_more_detail_never_costs_less_and_none_costs_what_the_documents_default_does(
    model: str, width: int, height: int
) -> None:
    low, high, original, auto, absent = (
        picture_tokens(model, sized(width, height, detail))
        for detail in ("low", "high", "original", "auto", None)
    )
    assert auto == absent
    if low is None or high is None or original is None or auto is None:
        assert model.startswith("gemini-2")
        return
    assert high <= auto <= original
    if not model.startswith("gpt-5.4"):  # whose document says that `low` can cost more
        assert low <= high


@pytest.mark.parametrize("model", [*ONE_OF_EACH, *GEMINI])
@given(width=st.integers(1, 16_383), height=st.integers(1, 16_383), detail=st.sampled_from(DETAILS))
def test_on_its_side_a_picture_costs_the_same(
    model: str, width: int, height: int, detail: str | None
) -> None:
    upright, lying = sized(width, height, detail), sized(height, width, detail)
    assert picture_tokens(model, upright) == picture_tokens(model, lying)


@given(width=st.integers(1, 16_383), height=st.integers(1, 16_383))
def test_anthropics_own_way_to_resize_never_costs_more(width: int, height: int) -> None:
    bound = picture_tokens("claude-opus-5", sized(width, height))
    assert bound is not None
    assert bound >= _patches_of_claude(width, height, 2_576, 4_784)


def _patches_of_claude(width: int, height: int, max_side: int, max_patches: int) -> int:
    """Tried from the longest side down, as Anthropic's document says: the largest that fits both limits."""
    long, short = max(width, height), min(width, height)
    for side in range(long, 0, -1):
        other = max(round(side * short / long), 1)
        patches = -(-side // 28) * -(-other // 28)
        if side <= max_side and patches <= max_patches:
            return patches
    raise AssertionError("one pixel always fits")


@given(width=st.integers(1, 16_383), height=st.integers(1, 16_383))
def test_mistrals_own_rows_never_cost_more(width: int, height: int) -> None:
    ratio = max(width / 1_024, height / 1_024, 1)
    columns, rows = (-(-round(side / ratio) // 16) for side in (width, height))
    bound = picture_tokens("pixtral-12b-2409", sized(width, height))
    assert bound is not None
    assert bound >= (columns + 1) * rows


@given(
    width=st.integers(1, 16_383), height=st.integers(1, 16_383), rounded=st.sampled_from([floor, round, ceil])
)
def test_openais_tiles_never_cost_more_however_the_first_shrinking_is_rounded(
    width: int, height: int, rounded: Callable[[float], int]
) -> None:
    shrink = max(width / 2_048, height / 2_048, 1)
    long, short = (max(rounded(side / shrink), 1) for side in (max(width, height), min(width, height)))
    if short > 768:
        long, short = long * 768 // short, 768
    bound = picture_tokens("gpt-4o", sized(width, height, "high"))
    assert bound is not None
    assert bound >= 85 + 170 * ceil(long / 512) * ceil(short / 512)


@given(
    width=st.integers(1, 16_383), height=st.integers(1, 16_383), rounded=st.sampled_from([floor, round, ceil])
)
def test_openais_patches_never_cost_more_however_a_side_is_rounded(
    width: int, height: int, rounded: Callable[[float], int]
) -> None:
    shrink = max(width / 2_048, height / 2_048, 1)
    width_px, height_px = (max(rounded(side / shrink), 1) for side in (width, height))
    patches = ceil(width_px / 32) * ceil(height_px / 32)
    if patches > 2_500:
        factor = sqrt(32**2 * 2_500 / (width_px * height_px))
        across, down = width_px * factor / 32, height_px * factor / 32
        factor *= min(floor(across) / across, floor(down) / down)
        patches = ceil(int(width_px * factor) / 32) * ceil(int(height_px * factor) / 32)
    bound = picture_tokens("gpt-5.4", sized(width, height, "high"))
    assert bound is not None
    assert bound > ceil(patches * 1.2)

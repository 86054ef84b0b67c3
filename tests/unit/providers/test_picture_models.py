"""Which models and which parts have a bound: those that are known, and none that only resembles one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.pictures import picture_tokens
from tests.pictures import REMOTE, data_url, part, png, sized

KNOWN = sized(1024, 1024, "high")
PICTURE = data_url(png(1024, 1024))


@pytest.mark.parametrize(
    ("model", "tokens"),
    [
        ("gpt-4o-2024-08-06", 765),
        ("openai/gpt-4o", 765),
        ("openai/gpt-4.1-2025-04-14", 765),
        ("gpt-4o-mini-2024-07-18", 2_833 + 4 * 5_667),
        ("gpt-5-2025-08-07", 630),
        ("gpt-5-mini-2025-08-07", 1_230),
        ("gpt-5.4-mini", 1_230),
        ("claude-3-5-sonnet-20241022", 1_399),
        ("anthropic/claude-3.5-sonnet", 1_399),
        ("anthropic/claude-opus-4.7", 1_369),
        ("claude-opus-4-20250514", 1_399),
        ("claude-opus-4-1-20250805", 1_399),
        ("models/gemini-2.0-flash-001", 1_290),
        ("google/gemini-2.5-flash-preview-09-2025", 1_290),
        ("gemini-2.5-pro-preview-05-06", 1_290),
        ("gemini-3-pro-preview", 2_240),
        ("x-ai/grok-4.3", 1_792),
        ("mistralai/pixtral-large-2411", 4_160),
    ],
)
def test_a_vendor_before_the_name_and_a_date_behind_it_change_nothing(model: str, tokens: int) -> None:
    assert picture_tokens(model, KNOWN) == tokens


@pytest.mark.parametrize(
    "model",
    [
        *("gpt-4o-audio-preview", "gpt-4o-realtime-preview", "gpt-4o-mini-tts", "gpt-4o-search-preview"),
        *("gpt-4o-transcribe", "gpt-4o-2024", "gpt-4o-latest", "chatgpt-4o-latest", "gpt-4", "gpt-4-turbo"),
        *("gpt-image-1", "gpt-image-2.5-sunburst", "o1-mini", "o1-preview", "o3-mini", "o3-pro", "o4"),
        *(
            "gpt-5-pro",
            "gpt-5-codex",
            "gpt-5.1-codex-mini",
            "gpt-5.2-chat-latest",
            "gpt-5.3-codex",
            "gpt-5.6",
        ),
        *(
            "gpt-6-sol",
            "gpt-6-luna",
            "gpt-6.1-sol",
            "gpt-6-astra-mini",
            "gpt-9",
            "gpt-9o",
            "GPT-4o",
            " gpt-4o",
        ),
        *("gpt-4o\n", "gpt-4o-2024-08-06\n", "gpt-4o:free", "ft:gpt-4o-2024-08-06:birch::1", "mygpt-4o"),
        *("birch/gpt-4o", "azure/openai/gpt-4o", "anthropic/gpt-4o", "openai/claude-opus-5", "/gpt-4o/"),
        *("claude-2.1", "claude-3.5-sonnet", "claude-opus-9", "claude-opus-4-9", "claude-opus-4-7-mini"),
        *(
            "anthropic.claude-3-5-sonnet-20241022-v2:0",
            "claude-opus-5-latest",
            "anthropic/claude-opus-4.7:beta",
        ),
        *(
            "gemini-1.5-pro",
            "gemini-2.5-flash-image",
            "gemini-2.5-flash-preview-tts",
            "gemini-3-pro-image-preview",
        ),
        *(
            "gemini-2.5-flash-latest",
            "gemini-flash-latest",
            "gemini-3.9-pro",
            "gemini-4-argon",
            "openai/gemini-2.5-pro",
        ),
        *(
            "grok-4",
            "grok-4.5",
            "grok-4-latest",
            "grok-imagine-image",
            "mistral-small-latest",
            "mistral-small-2402",
        ),
        *(
            "pixtral-12b",
            "mistralai/Pixtral-12B-2409",
            "qwen-vl-max",
            "qwen2.5-vl-72b-instruct",
            "llama-4-scout",
        ),
        *("", "/", "openai/", "-2024-08-06"),
    ],
)
def test_a_name_that_only_resembles_a_known_one_is_unknown(model: str) -> None:
    assert picture_tokens(model, KNOWN) is None


@pytest.mark.parametrize(
    "picture",
    [
        {"type": "image_url", "image_url": PICTURE, "detail": "high"},
        {"type": "input_image", "image_url": PICTURE, "detail": "high"},
        {"type": "input_image", "image_url": {"url": PICTURE, "detail": "high"}},
        {"type": "image_url", "image_url": {"url": PICTURE}, "cache_control": {"type": "ephemeral"}},
        {"type": "image_url", "image_url": {"url": PICTURE, "detail": None}, "detail": None},
        part(PICTURE.replace("data:image/png;base64", "DATA:IMAGE/PNG;BASE64")),
        part(PICTURE.replace("image/png;", "image/png;charset=utf-8;")),
    ],
)
def test_every_shape_of_a_picture_is_read(picture: dict[str, Any]) -> None:
    assert picture_tokens("gpt-4o", picture) == 765


@pytest.mark.parametrize("detail", ["LOW", "", "ultra", "low "])
def test_a_detail_that_the_document_does_not_know_costs_the_dearest(detail: str) -> None:
    assert picture_tokens("gpt-4o", part(REMOTE, detail)) == 1_445
    assert picture_tokens("gpt-5.4", part(REMOTE, detail)) == 12_001


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"type": "text", "text": "data:image/png;base64,"},
        {"type": "input_audio", "input_audio": {"data": "", "format": "wav"}},
        {"type": "file", "file": {"file_id": "1"}},
        {"type": "video_url", "video_url": {"url": REMOTE}},
        {"type": "input_image", "file_id": "1"},
        {"type": "input_image", "image_url": REMOTE, "file_id": "1"},
        {"type": ["image_url"], "image_url": REMOTE},
        {"type": "image_url"},
        {"type": "image_url", "image_url": None},
        {"type": "image_url", "image_url": [REMOTE]},
        {"type": "image_url", "image_url": {"uri": REMOTE}},
        {"type": "image_url", "image_url": {"url": 7}},
        {"type": "image_url", "image_url": {"url": REMOTE, "max_pixels": 10**9}},
        {"type": "image_url", "image_url": REMOTE, "min_pixels": 10**9},
        {"type": "image_url", "image_url": {"url": REMOTE, "detail": ["low"]}},
        {"type": "image_url", "image_url": {"url": REMOTE, "detail": 7}},
        {"type": "image_url", "image_url": {"url": REMOTE, "detail": "low"}, "detail": "low"},
        part("data:application/pdf;base64,JVBERi0xLjc="),
        part("data:video/mp4;base64,AAAA"),
        part("data:;base64,AAAA"),
        part("gs://bucket/film.mp4"),
        part("file:///etc/passwd"),
        part("iVBORw0KGgo="),
        part(""),
    ],
)
def test_what_is_no_picture_or_cannot_be_read_has_no_bound(odd: dict[str, Any]) -> None:
    assert picture_tokens("gpt-4o", odd) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
SHAPES = st.fixed_dictionaries(
    {"type": st.sampled_from(["image_url", "input_image", "text"]) | JSON},
    optional={
        "image_url": JSON
        | st.fixed_dictionaries({"url": JSON | st.just(PICTURE)}, optional={"detail": JSON}),
        "detail": JSON,
    },
)


@given(
    shape=SHAPES, model=st.sampled_from(["gpt-4o", "gpt-5.4", "gemini-2.5-pro", "claude-opus-5"]) | st.text()
)
def test_no_json_and_no_name_raise(shape: dict[str, Any], model: str) -> None:
    tokens = picture_tokens(model, shape)
    assert tokens is None or tokens >= 1

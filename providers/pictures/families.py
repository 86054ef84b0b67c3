"""The models whose pictures are bounded: those that a document of their vendor names, and no others.

docs/pictures.md has the source of every number. A name that only resembles one of these is unknown.
"""

import re

from msgspec import Struct

from providers.pictures.rules import AtMost, Crops, Patches, Rows, Rule, Sizing, Tiles, VisualTokens


class Family(Struct, frozen=True, kw_only=True):
    """Models that count pictures alike."""

    rule: Rule
    fetches_pictures_only: bool = True
    """False: the part may name the address of a document or a video too."""


def _named(rule: Rule, *names: str) -> dict[str, Rule]:
    return {name: rule for several in names for name in several.split()}


def _patches(multiplier_percent: int) -> Patches:
    """Return the formula of patches that counts every level of detail alike."""
    return Patches(multiplier_percent=multiplier_percent, low=WIDE, high=WIDE)


SMALL = Sizing(512, 256)
WIDE = Sizing(2_048, 6_144)
HIGH = Sizing(2_048, 2_500)
LARGE = Sizing(6_000, 10_000)
UNSHRUNK = Sizing(65_535, 30_000)
"""What has more patches is refused, not shrunk."""

GPT_5_4 = Patches(multiplier_percent=120, low=WIDE, high=HIGH, original=LARGE)
GPT_5_5 = Patches(multiplier_percent=120, low=SMALL, high=HIGH, original=LARGE, auto="original")
GPT_5_6 = Patches(multiplier_percent=120, low=SMALL, high=HIGH, original=UNSHRUNK, auto="original")
GPT_6 = Patches(
    multiplier_percent=120, low=SMALL, high=Sizing(65_535, 2_500), original=UNSHRUNK, auto="original"
)
OPENAI = {
    **_named(Tiles(base=85, tile=170), "gpt-4o gpt-4.1 gpt-4.5 gpt-4.5-preview"),
    **_named(Tiles(base=2_833, tile=5_667), "gpt-4o-mini"),
    **_named(Tiles(base=70, tile=140), "gpt-5 gpt-5-chat-latest gpt-5.1"),
    **_named(Tiles(base=75, tile=150), "o1 o1-pro o3"),
    **_named(Tiles(base=65, tile=129), "computer-use-preview"),
    **_named(_patches(120), "gpt-5-mini gpt-5.2"),
    **_named(_patches(150), "gpt-5-nano"),
    **_named(_patches(162), "gpt-4.1-mini"),
    **_named(_patches(172), "o4-mini"),
    **_named(_patches(246), "gpt-4.1-nano"),
    **_named(GPT_5_4, "gpt-5.4 gpt-5.4-mini gpt-5.4-nano"),
    **_named(GPT_5_5, "gpt-5.5"),
    **_named(GPT_5_6, "gpt-5.6-sol gpt-5.6-terra gpt-5.6-luna"),
    **_named(GPT_6, "gpt-6-astra"),
}
ANTHROPIC = {
    **_named(
        VisualTokens(max_side=1_568, max_patches=1_568, by_area=True),
        "claude-3-haiku claude-3-sonnet claude-3-opus claude-3-opus-latest",
        "claude-3-5-sonnet claude-3-5-sonnet-latest claude-3-5-haiku claude-3-5-haiku-latest",
        "claude-3-7-sonnet claude-3-7-sonnet-latest",
        "claude-sonnet-4 claude-sonnet-4-0 claude-opus-4 claude-opus-4-0 claude-opus-4-1",
        "claude-sonnet-4-5 claude-haiku-4-5 claude-opus-4-5 claude-sonnet-4-6 claude-opus-4-6",
    ),
    **_named(
        VisualTokens(max_side=2_576, max_patches=4_784),
        "claude-opus-4-7 claude-opus-4-8 claude-opus-5 claude-opus-5-5",
        "claude-sonnet-5 claude-sonnet-5-5 claude-fable-5 claude-fable-5-1",
    ),
}
XAI = _named(
    AtMost(1_792),
    "grok-2-vision-1212 grok-4-0709 grok-4-fast-reasoning grok-4-fast-non-reasoning",
    "grok-4-1-fast-reasoning grok-4-1-fast-non-reasoning",
    "grok-4.20-0309-reasoning grok-4.20-0309-non-reasoning grok-4.3",
)
MISTRAL = {
    **_named(Rows(max_side=1_024, patch=16), "pixtral-12b-2409 pixtral-large-2411"),
    **_named(
        Rows(max_side=1_540, patch=28),
        "mistral-small-2503 mistral-small-2506 mistral-medium-2505 mistral-large-2512",
        "ministral-3b-2512 ministral-8b-2512 ministral-14b-2512 magistral-small-2509 magistral-medium-2509",
    ),
}
GEMINI_2 = Family(rule=Crops(tokens_each=258), fetches_pictures_only=False)
GEMINI_3 = Family(rule=AtMost(2_240), fetches_pictures_only=False)
GEMINI = re.compile(
    r"gemini-(?:(?P<two>2\.[05])|3(?:\.[15678])?)-(?:pro|flash|flash-lite)"
    r"(?:-[0-9]{3}|-preview(?:-[0-9]{2}-(?:[0-9]{2}|20[0-9]{2}))?)?"
)

BY_VENDOR = {
    "": {**OPENAI, **ANTHROPIC, **XAI, **MISTRAL},
    "openai": OPENAI,
    "anthropic": ANTHROPIC,
    "x-ai": XAI,
    "mistralai": MISTRAL,
}
"""By what stands before the name, as resellers write it."""
GOOGLE = frozenset({"", "google", "models"})
DATE = re.compile(r"-20[0-9]{2}(?:-[0-9]{2}-[0-9]{2}|[0-9]{4})$")


def family_of(model: str) -> Family | None:
    """The family of a model by its name, with or without a vendor before it and a date behind it; else None."""
    vendor, _, name = model.rpartition("/")
    if vendor in GOOGLE and (gemini := GEMINI.fullmatch(name)):
        return GEMINI_2 if gemini["two"] else GEMINI_3
    if vendor == "anthropic":
        name = name.replace(".", "-")
    rule = BY_VENDOR.get(vendor, {}).get(DATE.sub("", name))
    return None if rule is None else Family(rule=rule)

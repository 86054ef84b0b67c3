"""How vendors turn a picture into input tokens: one rule for each formula that a vendor documents.

A bound is never below the bill: where a document leaves a rounding open, a side is rounded to what costs more, and a
picture that has to be shrunk into a budget costs the whole budget. Whole numbers throughout.
"""

from typing import Protocol

from msgspec import Struct

from providers.pictures.size import Size


class Rule(Protocol):
    """One vendor's formula with one family's numbers."""

    def tokens(self, size: Size | None, detail: str | None) -> int | None:
        """The most tokens of a picture; of any picture if its size is not known. None: no bound is known."""


class Tiles(Struct, frozen=True, kw_only=True):
    """OpenAI: within 2048 x 2048, the short side then at most 768, in squares of 512."""

    base: int
    tile: int

    def tokens(self, size: Size | None, detail: str | None) -> int:
        if detail == "low":
            return self.base
        return self.base + self.tile * (2 * 4 if size is None else _tiles(size))


def _tiles(size: Size) -> int:
    long, short = max(size.width, size.height), min(size.width, size.height)
    short_least = short_most = short
    if long > 2048:
        short_least, short_most, long = short * 2048 // long, _up(short * 2048, long), 2048
    if short_least > 768:
        long = long * 768 // short_least
    return _up(long, 512) * _up(min(short_most, 768), 512)


class Sizing(Struct, frozen=True):
    """The limits of one level of detail: pixels of the longer side, and patches of 32 x 32."""

    max_side: int
    max_patches: int

    def patches(self, size: Size | None) -> int:
        square = size or Size(self.max_side, self.max_side)
        return min(_cover(_within(square, self.max_side), 32), self.max_patches)


class Patches(Struct, frozen=True, kw_only=True):
    """OpenAI: patches of 32 x 32 times a multiplier, and the one token by which the bill may differ."""

    multiplier_percent: int
    low: Sizing
    high: Sizing
    original: Sizing | None = None
    auto: str = "high"

    def tokens(self, size: Size | None, detail: str | None) -> int:
        patches = max(sizing.patches(size) for sizing in self._sizings("auto" if detail is None else detail))
        return _up(patches * self.multiplier_percent, 100) + 1

    def _sizings(self, detail: str) -> list[Sizing]:
        """That of the level, or all where the document does not know it."""
        levels = {"low": self.low, "high": self.high}
        if self.original is not None:
            levels["original"] = self.original
        level = levels.get(self.auto if detail == "auto" else detail)
        return list(levels.values()) if level is None else [level]


class VisualTokens(Struct, frozen=True, kw_only=True):
    """Anthropic: patches of 28 x 28, for older models also as estimated until 2026: an area of 750 each."""

    max_side: int
    max_patches: int
    by_area: bool = False

    def tokens(self, size: Size | None, detail: str | None) -> int:
        most = _up(self.max_patches * 28 * 28, 750) if self.by_area else self.max_patches
        if size is None:
            return most
        shrunk = _within(size, self.max_side)
        area = _up(shrunk.width * shrunk.height, 750) if self.by_area else 0
        return min(max(_cover(shrunk, 28), area), most)


class Crops(Struct, frozen=True, kw_only=True):
    """Google until Gemini 2.5: squares of two thirds of the short side, of 768 at most, and one overview."""

    tokens_each: int

    def tokens(self, size: Size | None, detail: str | None) -> int | None:
        if size is None:
            return None
        if max(size.width, size.height) <= 384:
            return self.tokens_each
        shrunk = _within(size, 3072)
        side = min(shrunk.width * 2 // 3, shrunk.height * 2 // 3, 768)
        return self.tokens_each * (_cover(shrunk, side) + 1) if side else None


class AtMost(Struct, frozen=True):
    """A vendor that documents nothing but the most that any picture costs."""

    most: int

    def tokens(self, size: Size | None, detail: str | None) -> int:
        return self.most


class Rows(Struct, frozen=True, kw_only=True):
    """Mistral: patches in rows, each row with a token at its end; on its side, a picture has more rows or fewer."""

    max_side: int
    patch: int

    def tokens(self, size: Size | None, detail: str | None) -> int:
        shrunk = _within(size or Size(self.max_side, self.max_side), self.max_side)
        return _cover(shrunk, self.patch) + _up(max(shrunk.width, shrunk.height), self.patch)


def _within(size: Size, max_side: int) -> Size:
    """Shrink a size, and never enlarge it, until no side is longer."""
    longest = max(size.width, size.height)
    if longest <= max_side:
        return size
    return Size(_up(size.width * max_side, longest), _up(size.height * max_side, longest))


def _cover(size: Size, side: int) -> int:
    """Return how many squares cover a size."""
    return _up(size.width, side) * _up(size.height, side)


def _up(number: int, by: int) -> int:
    return -(-number // by)

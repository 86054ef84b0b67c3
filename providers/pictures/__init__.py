"""What a picture in a request costs at most, in input tokens, by its size and `detail` (docs/pictures.md)."""

from collections.abc import Mapping
from typing import Any

from providers.pictures.families import family_of
from providers.pictures.part import read_picture

__all__ = ["picture_tokens"]


def picture_tokens(model: str, part: Mapping[str, Any]) -> int | None:
    """The most input tokens of one content part of a chat request that is a picture, for the vendor's `model`.

    None where no bound is known, so that the model's whole context has to do: a model whose vendor documents no
    formula, a part that is no picture (audio, a file, a video) or that cannot be read as one.
    """
    family = family_of(model)
    if family is None:
        return None
    picture = read_picture(part)
    if picture is None or (picture.remote and not family.fetches_pictures_only):
        return None
    return family.rule.tokens(picture.size, picture.detail)

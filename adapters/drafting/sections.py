"""The parts of a patent application, in which order they are written, and how long each may be."""

from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta, Struct

Jurisdiction = Literal["US", "EP"]


class Code(StrEnum):
    """The sections in the order in which an application has them."""

    TITLE = "title"
    FIELD = "field"
    BACKGROUND = "background"
    SUMMARY = "summary"
    DRAWINGS = "drawings"
    DESCRIPTION = "description"
    CLAIMS = "claims"
    ABSTRACT = "abstract"


WRITING_ORDER = (
    Code.TITLE,
    Code.CLAIMS,
    Code.FIELD,
    Code.BACKGROUND,
    Code.SUMMARY,
    Code.DRAWINGS,
    Code.DESCRIPTION,
    Code.ABSTRACT,
)
"""The claims come early: the other sections have to support them."""
MOST_TOKENS = {
    Code.TITLE: 200,
    Code.CLAIMS: 4_000,
    Code.FIELD: 500,
    Code.BACKGROUND: 2_000,
    Code.SUMMARY: 2_500,
    Code.DRAWINGS: 1_500,
    Code.DESCRIPTION: 8_000,
    Code.ABSTRACT: 500,
}
"""Of each section's answer."""
TITLES: dict[Jurisdiction, dict[Code, str]] = {
    "US": {
        Code.TITLE: "Title",
        Code.FIELD: "Technical Field",
        Code.BACKGROUND: "Background",
        Code.SUMMARY: "Summary",
        Code.DRAWINGS: "Brief Description of the Drawings",
        Code.DESCRIPTION: "Detailed Description",
        Code.CLAIMS: "Claims",
        Code.ABSTRACT: "Abstract",
    },
    "EP": {
        Code.TITLE: "Title",
        Code.FIELD: "Technical Field",
        Code.BACKGROUND: "Background Art",
        Code.SUMMARY: "Summary of Invention",
        Code.DRAWINGS: "Brief Description of Drawings",
        Code.DESCRIPTION: "Description of Embodiments",
        Code.CLAIMS: "Claims",
        Code.ABSTRACT: "Abstract",
    },
}
"""Headings of 37 CFR 1.77(b), and of the common application format."""


class SectionText(Struct, frozen=True):
    """What a model answers for a section of text."""

    text: str


class ClaimText(Struct, frozen=True):
    """One claim."""

    number: Annotated[int, Meta(ge=1, le=9999)]
    text: Annotated[str, Meta(min_length=1)]


class WrittenClaims(Struct, frozen=True):
    """What a model answers for the claims."""

    claims: list[ClaimText]

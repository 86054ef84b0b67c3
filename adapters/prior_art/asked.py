"""What a caller asks for: one text, and where to look. It is checked before anything is spent."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from msgspec import Struct

from metering.errors import InvalidRequest, OverTaskLimit

TEXTS = ("query", "abstract", "claims", "disclosure")
"""Exactly one of them holds the text."""
FIELDS = (*TEXTS, "date_from", "date_to", "cpc", "sources", "top_k")
TOP_K = 10
"""Unless the caller says how many, or the limit is lower."""
MAX_TOP_K = 100
MAX_TEXT_CHARACTERS = 60_000
"""What is beyond is not read, and the result says so."""
MAX_CLAIMS = 500
MAX_CLASSES = 10
_CLASS = re.compile(r"[A-HY]\d\d(?:[A-Z](?:\d{1,4}(?:/\d{2,6})?)?)?", re.ASCII)


class Scope(Struct, frozen=True, kw_only=True):
    """Where to look."""

    date_from: str = ""
    """ISO date; empty: no bound."""
    date_to: str = ""
    classes: tuple[str, ...] = ()
    """CPC symbols such as `H01L` or `H01L23/34`; empty: all."""

    def has(self, day: str) -> bool:
        """Whether a document of that ISO date, or that year alone, is inside; an unknown date is."""
        length = min(len(day), 10)
        return not day or (
            self.date_from[:length] <= day and (not self.date_to or day <= self.date_to[:length])
        )


class Asked(Struct, frozen=True, kw_only=True):
    """A request that can be worked with."""

    kind: str
    text: str
    is_cut: bool
    """Whether the caller's text was longer."""
    scope: Scope
    sources: tuple[str, ...]
    """Empty: all that the plan has."""
    top_k: int


def read_asked(given: Mapping[str, Any], limits: Mapping[str, int]) -> Asked:
    """What is asked. Raises InvalidRequest, which names the field."""
    unknown = sorted(set(given) - set(FIELDS))
    if unknown:
        raise InvalidRequest(f"{unknown[0]} is not a field of this request.", param=unknown[0])
    kind, text = _text(given)
    return Asked(
        kind=kind,
        text=text[:MAX_TEXT_CHARACTERS],
        is_cut=len(text) > MAX_TEXT_CHARACTERS,
        scope=_scope(given),
        sources=_names(given.get("sources")),
        top_k=_top_k(given.get("top_k"), limits),
    )


def _text(given: Mapping[str, Any]) -> tuple[str, str]:
    kinds = [kind for kind in TEXTS if given.get(kind) is not None]
    if len(kinds) != 1:
        raise InvalidRequest(
            f"Exactly one of {', '.join(TEXTS)} is wanted.", param=kinds[1] if kinds else "query"
        )
    kind = kinds[0]
    value = given[kind]
    if kind == "claims" and isinstance(value, list):
        if len(value) > MAX_CLAIMS:
            raise InvalidRequest(f"claims: there may be {MAX_CLAIMS} texts at most.", param=kind)
        value = "\n".join(value) if all(isinstance(claim, str) for claim in value) else None
    if not isinstance(value, str) or not any(sign.isalnum() for sign in value):
        raise InvalidRequest(
            f"{kind} must be a text{' or a list of texts' * (kind == 'claims')}.", param=kind
        )
    return kind, value.strip()


def _scope(given: Mapping[str, Any]) -> Scope:
    begin, end = _day(given, "date_from"), _day(given, "date_to")
    if begin and end and begin > end:
        raise InvalidRequest("date_from must not be after date_to.", param="date_from")
    return Scope(date_from=begin, date_to=end, classes=_classes(given.get("cpc")))


def _day(given: Mapping[str, Any], field: str) -> str:
    value = given.get(field)
    if value is None:
        return ""
    try:
        if isinstance(value, str) and len(value) == len("2026-01-31"):
            return date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    raise InvalidRequest(f"{field} must be a date such as 2026-01-31.", param=field)


def _classes(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MAX_CLASSES:
        raise InvalidRequest(f"cpc must be a list of {MAX_CLASSES} CPC symbols at most.", param="cpc")
    symbols = ["".join(item.upper().split()) if isinstance(item, str) else "" for item in value]
    for given, symbol in zip(value, symbols, strict=True):
        if not _CLASS.fullmatch(symbol):
            raise InvalidRequest(
                f"{str(given)[:40]!r} is no CPC symbol such as H01L or H01L23/34.", param="cpc"
            )
    return tuple(dict.fromkeys(symbols))


def _names(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
        raise InvalidRequest("sources must be a list of names of sources.", param="sources")
    return tuple(dict.fromkeys(value))


def _top_k(value: object, limits: Mapping[str, int]) -> int:
    limit = limits.get("retrieval_top_k")
    if value is None:
        return TOP_K if limit is None else min(TOP_K, limit)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_TOP_K:
        raise InvalidRequest(f"top_k must be a whole number from 1 to {MAX_TOP_K}.", param="top_k")
    if limit is not None and value > limit:
        raise OverTaskLimit(
            f"top_k is over the limit retrieval_top_k, which is {limit}.",
            param="top_k",
            source="retrieval_top_k",
        )
    return value

"""Looks at what a request says before anything of it is sent, for the rule `guard_content`."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from metering.content.detectors.phone import looking_up_at_most
from metering.content.detectors.registry import NAMES
from metering.content.documents import copied, pieces_of
from metering.content.names import private_names, redact_names
from metering.content.redact import find, may_be_private, redact, replaced
from metering.errors import ContentBlocked, InputTooLarge
from metering.ports import Body

MOST_TEXT = 1024 * 1024
"""Characters of one request, without its pictures and sounds."""
LEAST_COUNTED = 64
"""Characters that a shorter text counts as if it has to be looked through: to begin with one takes most of its time."""
MOST_NAMED = 5
"""So many places are named in a message."""
NO_CONTENT = frozenset({"model", "stream", "service_tier", "prompt_cache_key"})
"""Fields of a request's top that say how it is to be answered."""


class GuardMode(StrEnum):
    """What is done about private things in a request."""

    OFF = "off"
    FLAG = "flag"
    REDACT = "redact"
    BLOCK = "block"


class Seen(NamedTuple):
    """Something private in a request."""

    kind: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """What was seen in a request, and what was done about it."""

    mode: GuardMode
    seen: tuple[Seen, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """Each once, in the order of the request."""
        return tuple(dict.fromkeys(seen.kind for seen in self.seen))

    @property
    def header(self) -> str:
        """The value of the answer's header: `flagged; kinds=card,email`."""
        did = "redacted" if self.mode is GuardMode.REDACT else "flagged"
        return f"{did}; kinds={','.join(self.kinds)}"

    @property
    def sentence(self) -> str:
        """What and where, never the thing itself."""
        return places_of(self.seen)


def guard(body: Body, mode: GuardMode) -> tuple[Body, Guarded | None]:
    """The request as it may go on, and what was seen in it. The one that was given stays as it is.

    Raises ContentBlocked, and InputTooLarge for more text than is looked through.
    """
    with looking_up_at_most():
        seen = tuple(_seen_in(body))
    if not seen:
        return body, None
    if mode is GuardMode.BLOCK:
        raise ContentBlocked(
            f"The request contains {places_of(seen)}. Take it out; it was not sent to any vendor.",
            param=seen[0].path,
            kinds=tuple(dict.fromkeys(each.kind for each in seen)),
        )
    if mode is GuardMode.REDACT:
        with looking_up_at_most():
            body = _redacted(body)
    return body, Guarded(mode=mode, seen=seen)


def _seen_in(body: Body) -> Iterable[Seen]:
    length = 0

    def looks_at(text: str, path: str = "") -> None:
        nonlocal length
        length += max(len(text), LEAST_COUNTED) if may_be_private(text) else len(text)
        if length > MOST_TEXT:
            raise InputTooLarge(
                f"A rule has every request looked through for private content, and this one has more than "
                f"{MOST_TEXT:,} characters of text. Send less at once.",
                param=path or None,
            )

    for piece in pieces_of(body):
        if piece.path not in NO_CONTENT:
            looks_at(piece.text, piece.path)
            for found in find(piece.text):
                yield Seen(found.kind, redact(piece.path))  # names in it may be private too
    for each in private_names(body, looks_at=looks_at):
        for found in each.found:
            yield Seen(found.kind, redact(each.path) or "body")


def _redacted(body: Body) -> Body:
    copy: Body = copied(body)
    for piece in list(pieces_of(copy)):
        if piece.path not in NO_CONTENT and (found := find(piece.text)):
            piece.holder[piece.key] = replaced(piece.text, found)
    redact_names([copy])
    return copy


def places_of(seen: tuple[Seen, ...]) -> str:
    """`a card number in messages[0].content and an e-mail address in messages[1].content`."""
    places = list(dict.fromkeys(f"{NAMES[each.kind]} in {each.path}" for each in seen))
    named, more = places[:MOST_NAMED], len(places) - MOST_NAMED
    if more > 0:
        return f"{', '.join(named)} and {more:,} more"
    return " and ".join(filter(None, [", ".join(named[:-1]), named[-1]]))

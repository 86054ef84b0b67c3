"""Whether a text really says what somebody quotes from it; the quote that is returned is the text's own."""

import re
from unicodedata import category, combining, name, normalize

MIN_QUOTE_LETTERS = 6
MAX_QUOTE_CHARACTERS = 400
_QUOTATION = frozenset("\"'`\N{ACUTE ACCENT}\N{PRIME}\N{DOUBLE PRIME}\N{MODIFIER LETTER APOSTROPHE}")
_EDGES = re.compile(r"^[\s\"'.…]+|[\s\"'.,;…]+$")


class QuotedText:
    """A text from which somebody quotes. Looking for many quotes costs reading it once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._folded, self._origins = _folded(text)

    def find(self, quote: str) -> str:
        """The part of the text that the quote means, as the text has it; empty: the text does not say so.

        Case, blanks, the kinds of quotation marks and hyphens, and letters of one look do not matter. It begins and
        ends with whole words.
        """
        if len(quote) > 4 * MAX_QUOTE_CHARACTERS:
            return ""
        wanted = _EDGES.sub("", _folded(quote)[0])
        if sum(sign.isalnum() for sign in wanted) < MIN_QUOTE_LETTERS:
            return ""
        folded, origins = self._folded, self._origins
        start = folded.find(wanted)
        while start >= 0:
            end = start + len(wanted)
            if _is_edge(folded, start) and _is_edge(folded, end):
                last = origins[end - 1]
                return (
                    self._text[origins[start] : last + 1]
                    if last - origins[start] < MAX_QUOTE_CHARACTERS
                    else ""
                )
            start = folded.find(wanted, start + 1)
        return ""


def _folded(text: str) -> tuple[str, list[int]]:
    """The text with all that does not matter made alike, and for each of its signs where it comes from."""
    signs: list[str] = []
    origins: list[int] = []
    for place, sign in enumerate(text):
        if sign.isspace():
            if signs and signs[-1] != " ":
                signs.append(" ")
                origins.append(place)
            continue
        for part in _alike(sign):
            signs.append(" " if part.isspace() else part)
            origins.append(place)
    return "".join(signs), origins


def _alike(sign: str) -> str:
    """What stands for all signs that look or read like this one; empty for those that nobody sees."""
    kind = category(sign)
    if kind in ("Cf", "Cc"):
        return ""
    if sign in _QUOTATION or kind in ("Pi", "Pf") or name(sign, "").endswith("QUOTATION MARK"):
        return "'"
    if kind == "Pd" or sign == "\N{MINUS SIGN}":
        return "-"
    return normalize("NFKD", sign).casefold()


def _is_edge(text: str, place: int) -> bool:
    """Whether a word may begin or end here."""
    if place in (0, len(text)):
        return True
    before, after = text[place - 1], text[place]
    return not combining(after) and not (_is_in_word(before) and after.isalnum())


def _is_in_word(sign: str) -> bool:
    return sign.isalnum() or bool(combining(sign))

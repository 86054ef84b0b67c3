"""Reads one text out of a JSON object while the object comes in pieces."""

import re

import msgspec

_SPECIAL = re.compile(r'["\\]')
_HIGH = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}")


class TextReader:
    """Tells the value of `"text"` of the outermost object, as far as it has come.

    White space around the text is not told: it is held back until more of the text follows. What is no JSON is not
    told either. Each character is looked at once or twice.
    """

    def __init__(self, name: str = "text") -> None:
        self._name = name
        self._buffer = ""
        """What has come and is not read yet."""
        self._depth = 0
        self._inside = False
        """Whether a string is being read."""
        self._is_value = False
        """Whether a colon came last: the next string is a value."""
        self._key = ""
        self._string: list[str] = []
        self._ended = False
        self._held = ""
        """White space that is told if something follows it."""
        self._has_told = False

    def add(self, piece: str) -> str:
        """What the piece adds to the text."""
        if self._ended:
            return ""
        self._buffer += piece
        told: list[str] = []
        place = 0
        while place < len(self._buffer) and not self._ended:
            after = self._in_string(place, told) if self._inside else self._between(place)
            if after == place:
                break
            place = after
        self._buffer = self._buffer[place:]
        return self._without_blanks("".join(told))

    @property
    def _is_wanted(self) -> bool:
        return self._depth == 1 and self._is_value and self._key == self._name

    def _between(self, place: int) -> int:
        """Read one sign outside of strings; the place after it."""
        sign = self._buffer[place]
        if sign == '"':
            self._inside, self._string = True, []
        elif sign in "{[":
            self._depth += 1
            self._is_value = False
        elif sign in "}]":
            self._depth -= 1
            self._is_value = False
            self._ended = self._depth < 1
        elif sign == ":":
            self._is_value = True
        elif sign == ",":
            self._is_value = False
        return place + 1

    def _in_string(self, place: int, told: list[str]) -> int:
        """Read what can be read of a string; the place after it, the same one where more has to come first."""
        sign = self._buffer[place]
        if sign == '"':
            self._end_string()
            return place + 1
        if sign != "\\":
            special = _SPECIAL.search(self._buffer, place)
            end = special.start() if special else len(self._buffer)
            self._keep(self._buffer[place:end], told)
            return end
        length = 6 if self._buffer[place + 1 : place + 2] == "u" else 2
        if _HIGH.match(self._buffer, place):
            length = 12  # the other half of the character follows
        escape = self._buffer[place : place + length]
        if len(escape) < length:
            return place
        self._keep(_unescaped(escape), told)
        return place + length

    def _keep(self, part: str, told: list[str]) -> None:
        if self._is_wanted:
            told.append(part)
        elif self._depth == 1 and not self._is_value:
            self._string.append(part)

    def _end_string(self) -> None:
        self._inside = False
        if self._is_wanted:
            self._ended = True
        elif self._depth == 1 and not self._is_value:
            self._key = "".join(self._string)

    def _without_blanks(self, told: str) -> str:
        told = self._held + told
        if not self._has_told:
            told = told.lstrip()
        plain = told.rstrip()
        self._held = told[len(plain) :]
        self._has_told = self._has_told or bool(plain)
        return plain


def _unescaped(escape: str) -> str:
    try:
        return msgspec.json.decode(f'"{escape}"'.encode("utf-8", "replace"), type=str)
    except msgspec.DecodeError:
        return ""

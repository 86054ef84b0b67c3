"""Whether a text that comes in pieces holds a whole JSON object yet, each character looked at once."""

import re

_MARKS = re.compile(r'\\.?|["{}]', re.DOTALL)


class WholeObject:
    """Counts braces outside of strings."""

    def __init__(self) -> None:
        self.is_whole = False
        self._depth = 0
        self._is_in_string = False
        self._is_escaped = False
        """Whether the first character of the next piece belongs to a backslash."""

    def add(self, text: str) -> None:
        if self._is_escaped and text:
            text, self._is_escaped = text[1:], False
        for found in _MARKS.finditer(text):
            mark = found.group()
            if mark[0] == "\\":
                self._is_escaped = len(mark) == 1
            elif mark == '"':
                self._is_in_string = not self._is_in_string
            elif not self._is_in_string:
                self._depth += 1 if mark == "{" else -1
                self.is_whole = self.is_whole or self._depth <= 0

"""Takes out of texts what a terminal would obey: whoever wrote a title, or answers as a model, may not move the cursor.

Left out are the control characters of Unicode (C0, DEL and C1), with which every escape sequence begins, and those that
turn the direction of what follows, with which a text can look like another. The rest of a sequence is only letters.
"""

import re

_TURNS = "\u202a-\u202e\u2066-\u2069"
_CONTROLS = re.compile(rf"[\x00-\x1f\x7f-\x9f{_TURNS}\u2028\u2029]+")
_CONTROLS_BUT_LINES = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f{_TURNS}]+")
_IN_JSON = re.compile(rf"[\x7f-\x9f{_TURNS}\u2028\u2029\ud800-\udfff]")


def clean(text: object) -> str:
    """One line without anything that a terminal obeys."""
    return _CONTROLS.sub(" ", str(text)).strip()


def clean_lines(text: str) -> str:
    """The same of a text of several lines; its ends of lines and tabs stay."""
    return _CONTROLS_BUT_LINES.sub("", text)


def clean_json(text: str) -> str:
    """JSON whose strings say the same and send nothing: what JSON leaves as it is, is escaped too. So is half of a pair
    of surrogates, which no encoding has.
    """
    return _IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)

"""Text has one form: what looks the same is the same name, whichever bytes it came as."""

from unicodedata import normalize

from metering.errors import InvalidRequest

MAX_LABEL = 128


def normal(text: str) -> str:
    """The text in Unicode's composed form (NFC): `u` and a combining diaeresis are the letter `ü`."""
    return text if text.isascii() else normalize("NFC", text)


def shortened(text: str, most: int) -> str:
    """The text, of at most so many characters: what is cut off is told by an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def checked_label(value: object, param: str) -> str:
    """A caller's own name for something, in its one form: short, and without anything that cannot be seen.

    Raises InvalidRequest.
    """
    label = normal(value) if isinstance(value, str) else ""
    if not 0 < len(label) <= MAX_LABEL or not label.isprintable():
        raise InvalidRequest(f"{param} must be 1 to {MAX_LABEL} printable characters.", param=param)
    return label

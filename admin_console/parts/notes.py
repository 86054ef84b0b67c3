"""What a page says in a box: that there is nothing yet, and what a change would do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Empty:
    """What is missing, what it would bring, one button. Never only "No data"."""

    title: str
    text: str
    button: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blast:
    """What a change would do, beside the field and before the button."""

    title: str
    lines: tuple[tuple[str, str], ...]
    """What, how much: `("Tenants affected", "12")`."""
    note: str = ""
    """From how many calls of which days, and how fast."""

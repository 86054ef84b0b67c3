"""A call told from top to bottom, and its attempts side by side in time.

Step(time="11:42:08.114", title="Carla asked for a draft section", text="…", state="done", table=Table(…))
Waterfall.of([Attempt(title="gpt-5", small="OpenAI", start=2.6, first=4.0, end=12.4, figure="$0.015787")])
"""

from collections.abc import Sequence
from dataclasses import dataclass

from admin_console.parts.table import Table
from admin_console.wording import duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Seconds since the call began."""

    title: str
    small: str
    start: float
    first: float | None = None
    """When its first words came."""
    end: float
    has_failed: bool = False
    figure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    kind: str
    """`first` (until the first words), `fail`, or empty (answering)."""
    start: str
    length: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    attempt: Attempt
    sentence: str
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    scale: tuple[str, ...]
    falls: tuple[Fall, ...]

    @property
    def has_first(self) -> bool:
        """Whether it is known of any attempt when its first words came."""
        return any(fall.attempt.first is not None for fall in self.falls)

    @classmethod
    def of(cls, attempts: Sequence[Attempt], *, length: float | None = None) -> "Waterfall":
        """`length` in seconds, where the call took longer than its attempts."""
        whole = max([attempt.end for attempt in attempts] + [length or 0.0]) or 1.0
        return cls(
            scale=tuple(duration(whole * quarter / 4) for quarter in range(5)),
            falls=tuple(_fall(attempt, whole) for attempt in attempts),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    time: str
    title: str
    text: str = ""
    """Safe HTML where it was made with `format_html`."""
    state: str = ""
    """`done` (green), `alert` (amber), or empty (blue)."""
    table: Table | None = None
    waterfall: Waterfall | None = None


def _fall(attempt: Attempt, whole: float) -> Fall:
    outcome = "failed" if attempt.has_failed else "answered"
    return Fall(
        attempt=attempt,
        sentence=f"From {attempt.start:.1f} to {attempt.end:.1f} seconds, {outcome}",
        stretches=_stretches(attempt, whole),
    )


def _stretches(attempt: Attempt, whole: float) -> tuple[Stretch, ...]:
    if attempt.has_failed:
        return (_stretch("fail", attempt.start, attempt.end, whole),)
    if attempt.first is None:
        return (_stretch("", attempt.start, attempt.end, whole),)
    return (
        _stretch("first", attempt.start, attempt.first, whole),
        _stretch("", attempt.first, attempt.end, whole),
    )


def _stretch(kind: str, start: float, end: float, whole: float) -> Stretch:
    return Stretch(
        kind=kind, start=f"{100 * start / whole:.1f}%", length=f"{100 * (end - start) / whole:.1f}%"
    )

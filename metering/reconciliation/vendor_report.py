"""What a vendor says was used and what it cost, in one form for all vendors."""

from collections.abc import Callable, Iterable
from datetime import date

from msgspec import Struct

from metering.errors import InvalidRequest

MOST_LINES = 1_000_000
"""Lines of one report; a report by day, model and key has some thousands for a year."""


class Tokens(Struct, frozen=True, kw_only=True):
    """Counts of tokens; cached and written ones are part of the input."""

    input: int = 0
    cached: int = 0
    written: int = 0
    output: int = 0

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(
            input=self.input + other.input,
            cached=self.cached + other.cached,
            written=self.written + other.written,
            output=self.output + other.output,
        )

    def __sub__(self, other: "Tokens") -> "Tokens":
        return Tokens(
            input=self.input - other.input,
            cached=self.cached - other.cached,
            written=self.written - other.written,
            output=self.output - other.output,
        )

    @property
    def all(self) -> int:
        return self.input + self.output


class ReportLine(Struct, frozen=True, kw_only=True):
    """One line of a vendor's report. What it does not say is None."""

    day: date
    """The vendor's day: of UTC, unless the report is of another zone."""
    model: str = ""
    """As the vendor calls it. Empty: the line is of no model, or of all."""
    key: str = ""
    """The vendor's id of the key that was used. Empty: not said."""
    requests: int | None = None
    tokens: Tokens | None = None
    cost_nano_usd: int | None = None
    rounded_nano_usd: int = 0
    """By how much the cost may be rounded: half of its last digit."""
    text: str = ""
    """What a cost of no model is for."""


class VendorReport(Struct, frozen=True, kw_only=True):
    """All lines of one report."""

    lines: tuple[ReportLine, ...]
    zone: str = "UTC"
    """Whose days they are."""


def report_of(lines: Iterable[ReportLine], *, since: date, until: date, zone: str = "UTC") -> VendorReport:
    """The lines of [since, until). Raises InvalidRequest for too many."""
    kept: list[ReportLine] = []
    for line in lines:
        if since <= line.day < until:
            kept.append(line)
            if len(kept) > MOST_LINES:
                raise InvalidRequest(
                    f"The report has more than {MOST_LINES:,} lines; ask for a shorter time.", param="since"
                )
    return VendorReport(lines=tuple(kept), zone=zone)


def is_of(keys: frozenset[str]) -> Callable[[ReportLine], bool]:
    """Whether a line is of one of these keys. A line that names none is, and without keys every line is."""
    return lambda line: not keys or not line.key or line.key in keys

"""A table of a document: words at the left, figures at the right, exact to the nano-dollar."""

from dataclasses import dataclass

from metering.money import NANO_PER_USD

NANO_DIGITS, CENT_DIGITS = 9, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Columns from `numbers` on are figures, at the right. `total` is the last row, in bold; empty: none."""

    title: str
    note: str = ""
    columns: tuple[str, ...]
    numbers: int
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] = ()
    nothing: str = ""
    """Said in the place of no rows."""
    wide: tuple[int, ...] = ()
    """The columns that a narrow screen has no room for."""

    @property
    def heads(self) -> list[tuple[str, str]]:
        """Each column's name, with the classes of its cells on a page."""
        return self._with_classes(self.columns)

    @property
    def lines(self) -> list[list[tuple[str, str]]]:
        return [self._with_classes(row) for row in self.rows]

    @property
    def total_line(self) -> list[tuple[str, str]]:
        return self._with_classes(self.total)

    def _with_classes(self, cells: tuple[str, ...]) -> list[tuple[str, str]]:
        kinds = ["n" if number >= self.numbers else "wrap" for number in range(len(cells))]
        return [
            (cell, f"{kind} mid" if number in self.wide else kind)
            for number, (cell, kind) in enumerate(zip(cells, kinds, strict=True))
        ]


def exact(nano_usd: int, digits: int = NANO_DIGITS) -> str:
    """`1,234.567890123`: with so many decimals, of those that are left out each is zero."""
    whole, nano = divmod(abs(nano_usd), NANO_PER_USD)
    return f"{'-' if nano_usd < 0 else ''}{whole:,}.{f'{nano:09d}'[:digits]}"


def digits_for(amounts: list[int]) -> int:
    """How many decimals show each of these amounts exactly: two or more."""
    longest = max((len(f"{abs(each) % NANO_PER_USD:09d}".rstrip("0")) for each in amounts), default=0)
    return max(CENT_DIGITS, longest)

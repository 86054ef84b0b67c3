"""How much a call holds, used, or is corrected by: one amount for each dimension that is counted.

A new dimension is one line in `Amounts`. Its budgets, its columns and its sums in reports follow; `makemigrations`
writes the columns' migration.
"""

from collections.abc import Callable, Iterable, Sequence
from operator import add, attrgetter, sub

from msgspec import Struct


class Amounts(Struct, frozen=True, array_like=True):
    """Whole numbers: cost in nano-USD, all else counts. Signed where it is a difference. Requests come first."""

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_nano_usd: int = 0
    api_calls: int = 0
    files: int = 0
    steps: int = 0

    def of(self, dimension: str) -> int:
        """The amount that counts on a meter of this dimension. Calls at once are as many as requests."""
        return AMOUNT_OF[dimension](self)

    def __add__(self, other: "Amounts") -> "Amounts":
        if self is NOTHING and type(other) is Amounts:
            return other
        return Amounts(*map(add, values_of(self), values_of(other)))

    def __sub__(self, other: "Amounts") -> "Amounts":
        """The difference, dimension by dimension; it may be below zero."""
        return Amounts(*map(sub, values_of(self), values_of(other)))

    def beyond(self, other: "Amounts") -> "Amounts":
        """The part of each amount that exceeds the other's; zero where it does not."""
        if self is other:
            return NOTHING
        pairs = zip(values_of(self), values_of(other), strict=True)
        return Amounts(*[mine - others if mine > others else 0 for mine, others in pairs])


AMOUNTS: tuple[str, ...] = Amounts.__struct_fields__
COLUMNS = AMOUNTS[1:]
"""All but the requests: the amounts that each attempt and each hold has a column for. A request is what all attempts of
a call are together, so only ledger entries count requests."""
TOKEN_PARTS = ("cached_input_tokens", "cache_write_tokens", "reasoning_tokens")
"""Of an attempt's tokens: cached and cache-write tokens are part of the input, reasoning tokens of the output."""
WRITE_PARTS = ("cache_write_1h_tokens", "cache_write_12h_tokens")
"""Of the cache-write tokens, those of entries that live longer than minutes."""
NOTHING = Amounts()
ONE_REQUEST = Amounts(requests=1)
values_of: Callable[[Amounts], tuple[int, ...]] = attrgetter(*AMOUNTS)
"""The amounts in the order of AMOUNTS; of a subclass the amounts alone."""


def total(amounts: "tuple[Amounts, ...]") -> Amounts:
    """Return the sum of these amounts, dimension by dimension."""
    return Amounts(*map(sum, zip(*map(values_of, amounts), strict=True)))


def most(amounts: Sequence[Amounts]) -> Amounts:
    """Return the largest of these amounts, dimension by dimension."""
    if len(amounts) == 1:
        return amounts[0]
    return Amounts(*map(max, zip(*map(values_of, amounts), strict=True)))


def sql_of(dimension: str, row: str) -> str:
    """`Amounts.of` as SQL, on a row with these columns."""
    return {
        "tokens": f"({row}.input_tokens + {row}.output_tokens)",
        "cost": f"{row}.cost_nano_usd",
        "concurrency": f"{row}.requests",
    }.get(dimension, f"{row}.{dimension}")


def charge_sql(row: str, **otherwise: str) -> str:
    """What a `meter` of any dimension is charged of a row, as SQL; `otherwise` gives the expressions that differ."""
    charged = {name: sql_of(name, row) for name in AMOUNT_OF if name != "concurrency"} | otherwise
    cases = " ".join([f"WHEN '{name}' THEN {amount}" for name, amount in charged.items()])
    return f"CASE meter.dimension {cases} ELSE 0 END"


def sums(columns: Iterable[str]) -> str:
    """The sum of each column under its own name, as SQL."""
    return ", ".join([f"sum({name}) AS {name}" for name in columns])


def _tokens(amounts: Amounts) -> int:
    return amounts.input_tokens + amounts.output_tokens


AMOUNT_OF: dict[str, Callable[[Amounts], int]] = {
    "tokens": _tokens,
    "cost": attrgetter("cost_nano_usd"),
    "concurrency": attrgetter("requests"),
    **{name: attrgetter(name) for name in AMOUNTS if name != "cost_nano_usd"},
}
"""`Amounts.of` by dimension."""

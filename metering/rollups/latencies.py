"""How long attempts took, as counts in fixed buckets that grow by a quarter each, kept as one number.

Each bucket has twelve decimal digits of that number, so that adding numbers adds every bucket at once: PostgreSQL does
it with `sum()`, and a number is as long as the largest bucket that is used. A bucket never has 10^12 attempts.
"""

GROWTH = 1.25
BUCKETS = 50
SHORTEST_MS = 10
DIGITS = 12
BOUNDS_MS = tuple(round(SHORTEST_MS * GROWTH**place) for place in range(BUCKETS - 1))
"""Where each bucket but the first begins: the first is below the first bound, the last has no end."""
_WEIGHTS = ",".join(f"1e{DIGITS * place}" for place in range(BUCKETS))
_BOUNDS = ",".join(str(bound) for bound in BOUNDS_MS)
_ONE = 10**DIGITS


def weight_of(column: str) -> str:
    """SQL: the number of one attempt that took so many milliseconds."""
    return f"('{{{_WEIGHTS}}}'::numeric[])[1 + width_bucket({column}, '{{{_BOUNDS}}}'::int[])]"


def counts_of(number: int) -> list[int]:
    """How many attempts each bucket has."""
    counts = []
    while number:
        number, count = divmod(number, _ONE)
        counts.append(count)
    return counts


def percentile_ms(number: int, percent: int) -> int | None:
    """The time that so many percent of the attempts did not exceed, to about a tenth; None of no attempts.

    Inside its bucket it lies as far as its rank does. Beyond the last bound it is the last bound.
    """
    counts = counts_of(number)
    rank = -(-sum(counts) * percent // 100)
    for place, count in enumerate(counts):
        if rank <= count and rank:
            low = BOUNDS_MS[place - 1] if place else 0
            high = BOUNDS_MS[place] if place < len(BOUNDS_MS) else low
            return low + (high - low) * rank // count
        rank -= count
    return None

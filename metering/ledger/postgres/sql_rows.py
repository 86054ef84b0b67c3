"""Rows out of parallel arrays."""


def rows(unnested: str, subscripted: str) -> str:
    """A FROM clause whose `new` has these columns, such as `id uuid` and `used bigint, held bigint`. Its parameters are
    an array for each, in that order.

    What is unnested says how many rows there are. Each function of an `unnest` has a tuplestore of its own, which costs
    7 microseconds however few rows there are, so the other arrays are read by subscript. That walks to an element of an
    array of texts, or with NULLs: where a command brings many rows, those have to be unnested.
    """
    walked, picked = _columns(unnested), _columns(subscripted)
    arrays = ", ".join([f"%s::{kind}[]" for _, kind in walked])
    names = ", ".join([f"item_{number}" for number in range(len(walked))])
    fields = [f"item_{number} AS {name}" for number, (name, _) in enumerate(walked)]
    fields += [f"(%s::{kind}[])[place] AS {name}" for name, kind in picked]
    given = f"unnest({arrays}) WITH ORDINALITY AS given ({names}, place)"
    return f"{given}, LATERAL (SELECT {', '.join(fields)}) AS new"


def _columns(text: str) -> list[list[str]]:
    return [column.split() for column in text.split(",")]

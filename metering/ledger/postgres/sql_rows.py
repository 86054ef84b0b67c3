"""Rows out of parallel arrays."""


def rows(columns: str) -> str:
    """A FROM clause whose `new` has these columns, such as `id uuid, used bigint`; an array for each is a parameter.

    The first array says how many rows there are, the others are read by subscript: each function of an `unnest` with
    many has a tuplestore of its own, which costs 7 microseconds however few rows there are.
    """
    (first, kind), *others = [column.split() for column in columns.split(",")]
    fields = [f"given.item AS {first}", *[f"(%s::{kind}[])[place] AS {name}" for name, kind in others]]
    given = f"unnest(%s::{kind}[]) WITH ORDINALITY AS given (item, place)"
    return f"{given}, LATERAL (SELECT {', '.join(fields)}) AS new"

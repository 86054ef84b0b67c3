"""Rows out of parallel arrays."""


def rows(columns: str) -> str:
    """A FROM clause whose `new` has these columns, such as `id uuid, used bigint`.

    Its parameters are how many rows there are, and an array for each column. They are read by subscript: each function
    of an `unnest` with many has a tuplestore of its own, which costs 7 microseconds however few rows there are.
    """
    picked = [column.split() for column in columns.split(",")]
    fields = ", ".join([f"(%s::{kind}[])[place] AS {name}" for name, kind in picked])
    return f"generate_series(1, %s::int) place, LATERAL (SELECT {fields}) AS new"

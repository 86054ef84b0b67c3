"""What is added up of each line (metering/usage/lines.py): the column of a rollup, and its value for one line.

How many requests a sum has depends on what is told apart: a call that went to two vendors is a request of both, and one
in all. So a line counts as a request four times: where it is the first of its call, the first of its call with its
model, with its vendor, and with both. `requests_of` picks the count for what a report tells apart.
"""

from collections.abc import Iterable

from metering.rollups.latencies import weight_of
from metering.usage.lines import COUNTED, LINES

FIRSTS = {
    "requests": (),
    "model_requests": ("request_model",),
    "provider_requests": ("provider_name",),
    "pair_requests": ("request_model", "provider_name"),
}
"""The count of requests → what it tells apart, of that in which a call's attempts may differ."""
_DIFFERING = {column for columns in FIRSTS.values() for column in columns}

SUMS = {
    "attempts": "line.attempts",
    "corrections": "line.corrections",
    "estimated": "line.estimated::int",
    "provisional": "line.provisional::int",
    "partly_priced": "line.partly_priced::int",
    "own_key": "line.own_key::int",
    "cached": "line.cached::int",
    "saved_nano_usd": "CASE WHEN line.cached THEN coalesce(line.list_cost_nano_usd, 0) ELSE 0 END",
    "estimated_nano_usd": "CASE WHEN line.estimated OR line.provisional THEN line.cost_nano_usd ELSE 0 END",
    "answered": "(line.outcome = 'ok')::int",
    "failed": "(line.outcome IN ('error', 'timeout', 'cut'))::int",
    **{name: f"line.{name}" for name in COUNTED},
    "cost_nano_usd": "line.cost_nano_usd",
    **{name: f"line.corrected_requests + line.first_{name}" for name in FIRSTS},
}
LATENCIES = f"CASE WHEN line.outcome = 'ok' THEN {weight_of('line.latency_ms')} ELSE 0 END"
MEASURES = {**SUMS, "latencies": LATENCIES}
"""Every column that adds up → its value for one line of `first_lines`."""


def requests_of(columns: Iterable[str]) -> str:
    """The count of requests where these columns are told apart."""
    told = {column for column in columns if column in _DIFFERING}
    return next(name for name, apart in FIRSTS.items() if set(apart) == told)


def first_lines(condition: str, counts: Iterable[str] = FIRSTS) -> str:
    """The lines that meet a condition on `line`, with whether each is the first of its kind; SQL to select from."""
    firsts = "".join(f", {_first(name)} AS first_{name}" for name in counts)
    return f"(SELECT line.*{firsts} FROM {LINES} WHERE {condition}) line"  # noqa: S608 - constants of this package


def _first(name: str) -> str:
    apart = "".join(f", line.{column}" for column in FIRSTS[name])
    number = f"row_number() OVER (PARTITION BY line.request{apart} ORDER BY line.id)"
    return f"(line.request IS NOT NULL AND {number} = 1)::int"

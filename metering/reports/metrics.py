"""What of usage is looked at."""

from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """How a value is written."""

    NANO_USD = "nano_usd"
    COUNT = "count"
    MS = "ms"
    SHARE = "share"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One kind of figure."""

    name: str
    title: str
    unit: Unit = Unit.COUNT
    adds_up: bool = True
    """Whether the figure of all is the sum of the figures of each: a chart of others stacks nothing."""


METRICS = {
    each.name: each
    for each in (
        Metric(name="cost", title="Cost", unit=Unit.NANO_USD),
        Metric(name="requests", title="Calls"),
        Metric(name="attempts", title="Attempts"),
        Metric(name="tokens", title="Tokens"),
        Metric(name="input_tokens", title="Tokens in"),
        Metric(name="output_tokens", title="Tokens out"),
        Metric(name="cached_input_tokens", title="Cached tokens"),
        Metric(name="errors", title="Failed attempts"),
        Metric(name="denials", title="Refusals (429)"),
        Metric(name="latency", title="p95 latency", unit=Unit.MS, adds_up=False),
        Metric(name="success", title="Success rate", unit=Unit.SHARE, adds_up=False),
    )
}

"""What a report says of some usage: the sums, and what follows from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from metering.rollups.latencies import percentile_ms
from metering.rollups.measures import FIRSTS, SUMS

NAMES = ("requests", *(name for name in SUMS if name not in FIRSTS), "latencies")
DENIALS = "denials"
"""Calls that a limit refused: known where a report is about them (metering/reports/denials.py)."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Every sum of `NAMES`: amounts and counts as in `metering.usage.summary`, whose numbers they are."""

    sums: Mapping[str, int]

    def __getitem__(self, name: str) -> int:
        return self.sums.get(name, 0) if name == DENIALS else self.sums[name]

    def __add__(self, other: "Figures") -> "Figures":
        return Figures({name: self[name] + other[name] for name in (*NAMES, DENIALS)})

    def __sub__(self, other: "Figures") -> "Figures":
        return Figures({name: self[name] - other[name] for name in (*NAMES, DENIALS)})

    @property
    def cost_nano_usd(self) -> int:
        """What budgets were charged."""
        return self["cost_nano_usd"]

    @property
    def requests(self) -> int:
        """Calls that were answered, or cost something."""
        return self["requests"]

    @property
    def tokens(self) -> int:
        return self["input_tokens"] + self["output_tokens"]

    @property
    def cost_per_request(self) -> int | None:
        """Nano-USD of a call, on average."""
        return self.cost_nano_usd // self.requests if self.requests else None

    @property
    def success(self) -> Decimal | None:
        """The share of attempts that vendors answered, of those that they answered or failed at."""
        tried = self["answered"] + self["failed"]
        return Decimal(self["answered"]) / tried if tried else None

    @property
    def error_rate(self) -> Decimal | None:
        return None if self.success is None else 1 - self.success

    @property
    def cache_share(self) -> Decimal | None:
        """The share of the input that vendors read from their caches of prompts."""
        read = self["input_tokens"]
        return Decimal(self["cached_input_tokens"]) / read if read else None

    def latency_ms(self, percent: int) -> int | None:
        """Of answered attempts: the time that so many percent of them did not exceed."""
        return percentile_ms(self["latencies"], percent)

    def value(self, metric: str) -> int | Decimal | None:
        """One kind of figure by its name (`metering.reports.metrics`); None where there is nothing to tell of."""
        match metric:
            case "cost":
                return self.cost_nano_usd
            case "tokens":
                return self.tokens
            case "errors":
                return self["failed"]
            case "latency":
                return self.latency_ms(95)
            case "success":
                return self.success
            case _:
                return self[metric]


NOTHING = Figures(dict.fromkeys(NAMES, 0))

"""What the model remembers, and what each attempt and share costs."""

from dataclasses import dataclass, field

from metering.types import Dimension
from tests.integration.metering.ledger.steps import METERS, VENDOR_METER, Adjust, Line, Reserve, Settle, Used


@dataclass
class Meter:
    used: int = 0
    held: int = 0
    overrun: int = 0
    unenforced: int = 0
    highest: int = 0


@dataclass
class Share:
    """A reservation's part on one meter."""

    meter: int
    amount: int
    past: int
    release: bool


@dataclass
class Reservation:
    made_by: Reserve | None
    shares: list[Share] = field(default_factory=list)
    state: str = "held"
    lapsed: bool = False
    provisional: bool = False
    settled_by: Settle | None = None
    vendor: str = "sandbox"
    """Whom corrections are about: who was meant to serve it, or once it is settled who did."""
    taken_back: bool = False
    enlarged: int = 0
    bound: int = 0
    corrections: dict[int, Adjust] = field(default_factory=dict)
    totals: list[int] = field(default_factory=lambda: [0, 0, 0])
    """Tokens, cost and requests over all entries."""
    charged: dict[int, int] = field(default_factory=dict)


def past(meter: Meter, line: Line) -> int:
    return max(0, line.amount - max(0, line.limit - meter.used - meter.held))


def provisional(share: Share) -> int:
    return 0 if share.release or METERS[share.meter] is Dimension.CONCURRENCY else share.amount


def totals(attempts: tuple[Used, ...]) -> list[int]:
    requests = 1 if any(use.is_use for use in attempts) else 0
    return [sum(use.tokens for use in attempts), sum(use.cost for use in attempts), requests]


def due(meter: int, attempts: tuple[Used, ...]) -> int:
    counted = attempts if meter != VENDOR_METER else tuple(use for use in attempts if use.vendor == "sandbox")
    return of_dimension(meter, *totals(counted))


def of_dimension(meter: int, tokens: int, cost: int, requests: int) -> int:
    by_dimension = {Dimension.TOKENS: tokens, Dimension.COST: cost, Dimension.REQUESTS: requests}
    return by_dimension.get(METERS[meter], 0)

"""What was used of a call, by kind of token; with its prices, where they alone make up what was charged."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from admin_console.parts import Cell, Column, Row, Table
from admin_console.wording import count, usd_exact
from metering.models import ModelPrice, UsageLog
from metering.money import NANO_PER_USD, TOKENS_PER_PRICE
from metering.types import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of token of a call."""

    name: str
    tokens: int
    price: Decimal | None = None
    """US dollars a million; None: it is not said."""
    small: str = ""

    @property
    def nano_usd(self) -> Decimal:
        return (self.price or Decimal(0)) * self.tokens * (NANO_PER_USD // TOKENS_PER_PRICE)


def tokens_table(attempts: Sequence[UsageLog]) -> Table | None:
    """None for a call that no attempt of brought anything."""
    used = [
        row
        for row in attempts
        if row.amounts.input_tokens or row.amounts.output_tokens or row.amounts.cost_nano_usd
    ]
    if not used or all(row.outcome == Outcome.CACHED for row in used):
        return None
    price = _price_of(used[0]) if len(used) == 1 else None
    kinds = _kinds(used, price)
    cost = sum(row.amounts.cost_nano_usd for row in used)
    if price is not None and not _explains(kinds, cost):
        kinds = _kinds(used, None)  # a tier, a fee or a markup is in it: prices alone would tell another sum
        price = None
    return _table(
        kinds, cost, with_prices=price is not None, calls=sum(row.amounts.api_calls for row in used)
    )


def _kinds(used: Sequence[UsageLog], price: ModelPrice | None) -> list[Kind]:
    def total(name: str) -> int:
        return sum(getattr(row, name) for row in used)

    cached, written = total("cached_input_tokens"), total("cache_write_tokens")
    reasoning = total("reasoning_tokens")
    found = [
        Kind(
            name="In, new",
            tokens=total("input_tokens") - cached - written,
            price=price.input if price else None,
        ),
        Kind(name="In, from the prompt cache", tokens=cached, price=price.cached_input if price else None),
        Kind(
            name="In, written to the prompt cache",
            tokens=written,
            price=price.cache_write if price else None,
        ),
        Kind(
            name="Out",
            tokens=total("output_tokens"),
            price=price.output if price else None,
            small=f"of them {count(reasoning)} reasoning" if reasoning else "",
        ),
    ]
    return [kind for kind in found if kind.tokens or kind.name in ("In, new", "Out")]


def _explains(kinds: list[Kind], cost: int) -> bool:
    """Whether the prices make exactly what was charged: the sum, rounded up once."""
    total = sum((kind.nano_usd for kind in kinds), Decimal(0))
    return -int(-total // 1) == cost


def _price_of(row: UsageLog) -> ModelPrice | None:
    prices = ModelPrice.objects.filter(
        model__name=row.labels.request_model, effective_from__lte=row.started_at
    )
    return prices.order_by("-effective_from").first()


def _table(kinds: list[Kind], cost: int, *, with_prices: bool, calls: int) -> Table:
    columns = [Column(key="kind", title="Tokens"), Column(key="number", title="Number", is_number=True)]
    if with_prices:
        columns += [
            Column(key="price", title="A million", is_number=True, hides="mid"),
            Column(key="cost", title="Cost", is_number=True),
        ]
    rows = []
    for kind in kinds:
        cells = [Cell(text=kind.name, small=kind.small), Cell(text=count(kind.tokens))]
        if with_prices:
            cells += [
                Cell(text=_price(kind.price or Decimal(0))),
                Cell(text=_usd(kind.nano_usd)),
            ]
        rows.append(Row(cells=tuple(cells)))
    total = [Cell(text="Together"), Cell(text=count(sum(kind.tokens for kind in kinds)))]
    if with_prices:
        total += [Cell(), Cell(text=usd_exact(cost))]
    elif calls:
        rows.append(Row(cells=(Cell(text="Search calls"), Cell(text=count(calls)))))
    return Table(columns=tuple(columns), rows=rows, total=tuple(total), caption="Tokens and their cost")


def _price(usd: Decimal) -> str:
    """With cents at least: `$10.00`, `$0.125`."""
    cents = usd.quantize(Decimal("0.01"))
    return f"${cents:,}" if cents == usd else f"${usd.normalize():,f}"


def _usd(nano: Decimal) -> str:
    """A part of a sum that is rounded as a whole."""
    whole = int(nano)
    return usd_exact(whole) if whole == nano else f"${(nano / NANO_PER_USD).normalize():f}"

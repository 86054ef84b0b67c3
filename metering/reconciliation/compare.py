"""Lays a vendor's report beside the ledger and says for each day and model why they differ. Pure.

1. Both sides become cells of one day and model. Where the vendor tells costs of whole days only, a cell is a day.
2. The difference of a cell is split in two: its tokens at our price (usage), and the rest (price).
3. Of the usage, calls around midnight are found where one day lacks what the next has too much.
4. What is left is laid to estimates, as far as they can explain it, and else to calls that are not the gateway's.

The causes of a cell always add up to its difference.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct, field

from metering.reconciliation.causes import NOT_OURS, Cause
from metering.reconciliation.model_names import ModelNames
from metering.reconciliation.rates import Rates, rates_on, value_of
from metering.reconciliation.read_ledger import Cell, LedgerDay, LedgerDays, Part, new_day
from metering.reconciliation.vendor_report import ReportLine, Tokens, VendorReport, is_of

ALL_MODELS = ""


class VendorPart(Struct, kw_only=True):
    """What the vendor says of a cell; None: it says nothing."""

    requests: int | None = None
    tokens: Tokens | None = None
    cost_nano_usd: int | None = None
    rounded_nano_usd: int = 0

    def add(self, line: ReportLine) -> None:
        if line.requests is not None:
            self.requests = (self.requests or 0) + line.requests
        if line.tokens is not None:
            self.tokens = (self.tokens or Tokens()) + line.tokens
        if line.cost_nano_usd is not None:
            self.cost_nano_usd = (self.cost_nano_usd or 0) + line.cost_nano_usd
            self.rounded_nano_usd += line.rounded_nano_usd


class Compared(Struct, kw_only=True):
    """One day and model on both sides. `causes` add up to `difference`."""

    day: date
    model: str
    """As the vendor calls it; empty: all models together."""
    is_known: bool
    """Whether the catalog has it, or the ledger calls of it."""
    vendor: VendorPart
    ledger: LedgerDay
    usage_nano_usd: int = 0
    """The difference in tokens, at our price."""
    price_nano_usd: int = 0
    """The rest of the difference."""
    causes: dict[Cause, int] = field(default_factory=dict)
    others_nano_usd: int = 0
    """Of the vendor's cost, that of keys which are not the gateway's."""

    @property
    def vendor_nano_usd(self) -> int:
        """The vendor's cost, or where it tells tokens only, what they cost at our prices."""
        known = self.vendor.cost_nano_usd
        return self.ledger.metered.cost_nano_usd + self.usage_nano_usd if known is None else known

    @property
    def difference_nano_usd(self) -> int:
        """The vendor's cost less ours, before any correction."""
        return self.vendor_nano_usd - self.ledger.metered.cost_nano_usd

    @property
    def own_difference_nano_usd(self) -> int:
        """The part that says how well we metered."""
        return self.difference_nano_usd - sum(self.causes.get(cause, 0) for cause in NOT_OURS)


class Comparison(Struct, frozen=True, kw_only=True):
    """Every cell of a period, and costs of the vendor that belong to no model."""

    cells: tuple[Compared, ...]
    without_model: tuple[ReportLine, ...]
    by_key: Mapping[str, VendorPart]
    """What the report says of each key."""


def compare(
    *,
    report: VendorReport,
    ledger: LedgerDays,
    names: ModelNames,
    rates: Mapping[str, Sequence[tuple[date, Rates]]],
    since: date,
    keys: frozenset[str] = frozenset(),
) -> Comparison:
    """`ledger` has the day before `since` too, for what it leaves to the first day; `keys` are the gateway's."""
    costs = [line for line in report.lines if line.cost_nano_usd is not None]
    by_day = bool(costs) and not any(line.model for line in costs)
    ours: dict[Cell, VendorPart] = {}
    others: dict[Cell, VendorPart] = {}
    is_ours = is_of(keys)
    without_model: list[ReportLine] = []
    by_key: dict[str, VendorPart] = {}
    for line in report.lines:
        by_key.setdefault(line.key, VendorPart()).add(line)
        if not line.model and not by_day:
            without_model.append(line)
            continue
        name = ALL_MODELS if by_day else names.of_vendors(line.model) or line.model
        side = ours if is_ours(line) else others
        side.setdefault((line.day, name), VendorPart()).add(line)
    ledger = _of_days(ledger) if by_day else ledger
    cells = [
        _cell(cell, ours, others, ledger, names, rates)
        for cell in sorted({*ours, *others, *ledger})
        if cell[0] >= since
    ]
    _explain(cells, ledger)
    return Comparison(cells=tuple(cells), without_model=tuple(without_model), by_key=by_key)


def _of_days(ledger: LedgerDays) -> LedgerDays:
    """All models of a day together."""
    days: LedgerDays = {}
    for (day, _), found in ledger.items():
        into = days.setdefault((day, ALL_MODELS), new_day())
        for name in ("metered", "estimated", "cut", "leaving"):
            getattr(into, name).add(getattr(found, name))
        for reason, part in found.booked.items():
            into.booked.setdefault(reason, Part()).add(part)
        into.partly_priced += found.partly_priced
    return days


def _cell(
    cell: Cell,
    ours: Mapping[Cell, VendorPart],
    others: Mapping[Cell, VendorPart],
    ledger: LedgerDays,
    names: ModelNames,
    rates: Mapping[str, Sequence[tuple[date, Rates]]],
) -> Compared:
    """Compare one day and model of the report with the ledger.

    1. A cell that the report does not have was not used, as the vendor says.
    2. The cost is divided into that of our keys and that of others': as the vendor tells it by key, or else by tokens.
    3. What our part differs by is divided into other tokens (`usage_nano_usd`) and another price for the same tokens.
    """
    day, model = cell
    vendor, side = ours.get(cell, VendorPart()), others.get(cell, VendorPart())
    have = ledger.get(cell, new_day())
    is_known = not model or names.of_vendors(model) is not None or have.metered.calls > 0
    price = rates_on(rates.get(model, ()), day)
    if (
        vendor.tokens is None
        and vendor.cost_nano_usd is None
        and side.tokens is None
        and not side.cost_nano_usd
    ):
        vendor = VendorPart(requests=0, tokens=Tokens(), cost_nano_usd=0)
    elif vendor.tokens is None and side.tokens is not None:
        vendor.tokens = Tokens()
    found = Compared(day=day, model=model, is_known=is_known, vendor=vendor, ledger=have)
    if side.tokens is not None and vendor.cost_nano_usd is not None:
        found.others_nano_usd = _share_of_others(vendor, side, price)
    if side.cost_nano_usd is not None:  # the vendor tells costs by key: they are apart
        found.vendor.cost_nano_usd = (vendor.cost_nano_usd or 0) + side.cost_nano_usd
        found.others_nano_usd = side.cost_nano_usd
    rest = found.vendor.cost_nano_usd
    if vendor.tokens is not None:
        found.usage_nano_usd = _valued(vendor.tokens - have.metered.tokens, have, vendor, price)
    if rest is None:
        return found
    difference = rest - found.others_nano_usd - have.metered.cost_nano_usd
    if vendor.tokens is None or have.metered.calls == 0:
        found.usage_nano_usd = difference
    found.price_nano_usd = difference - found.usage_nano_usd
    return found


def _share_of_others(vendor: VendorPart, side: VendorPart, price: Rates | None) -> int:
    """Of a cost that is not told by key, the part of keys that are not ours, by what their tokens cost."""
    tokens, theirs = vendor.tokens or Tokens(), side.tokens or Tokens()
    if price is None:
        all_, part = Decimal((tokens + theirs).all), Decimal(theirs.all)
    else:
        all_, part = value_of(tokens + theirs, price), value_of(theirs, price)
    return int((vendor.cost_nano_usd or 0) * part / all_) if all_ else 0


def _valued(tokens: Tokens, have: LedgerDay, vendor: VendorPart, price: Rates | None) -> int:
    """Tokens at the price that the ledger's own were charged by: with its tiers and hours, not the plain one alone."""
    metered = have.metered
    if price is None:
        if metered.tokens.all:
            return int(Decimal(tokens.all) * metered.cost_nano_usd / metered.tokens.all)
        known = vendor.cost_nano_usd
        return known if known is not None else 0
    plain = value_of(metered.tokens, price)
    factor = Decimal(metered.cost_nano_usd) / plain if plain and metered.cost_nano_usd else Decimal(1)
    return int(value_of(tokens, price) * factor)


def _explain(cells: Iterable[Compared], ledger: LedgerDays) -> None:
    by_model: dict[str, list[Compared]] = {}
    for cell in cells:
        by_model.setdefault(cell.model, []).append(cell)
    for model, row in by_model.items():
        for cell, edge in zip(row, _edges(model, row, ledger), strict=True):
            cell.causes = {cause: amount for cause, amount in _causes(cell, edge).items() if amount}


def _edges(model: str, row: Sequence[Compared], ledger: LedgerDays) -> list[int]:
    """For each day what came in from the day before, less what it left to the next one, in nano-USD.

    A call around midnight is missing on one day and too much on the next. Beyond the period's ends nobody can look.
    """
    moved: dict[date, int] = {}
    """By the day that they leave."""
    usage = {cell.day: cell.usage_nano_usd for cell in row}
    first = row[0].day
    before = date.fromordinal(first.toordinal() - 1)
    leaving = ledger.get((before, model), new_day()).leaving.cost_nano_usd
    moved[before] = min(leaving, max(0, usage[first]))
    last = row[-1].day
    for cell in row:
        came = moved.get(date.fromordinal(cell.day.toordinal() - 1), 0)
        lacks = max(0, came - cell.usage_nano_usd)
        left = min(cell.ledger.leaving.cost_nano_usd, lacks)
        if cell.day != last:
            left = min(left, max(0, usage.get(date.fromordinal(cell.day.toordinal() + 1), 0)))
        moved[cell.day] = left
    return [moved.get(date.fromordinal(cell.day.toordinal() - 1), 0) - moved[cell.day] for cell in row]


def _causes(cell: Compared, edge: int) -> dict[Cause, int]:
    causes = {Cause.DAY_EDGE: edge, Cause.OTHER_KEYS: cell.others_nano_usd}
    have = cell.ledger
    rounding = cell.vendor.rounded_nano_usd + have.metered.calls + 1
    price = Cause.ROUNDING if abs(cell.price_nano_usd) <= rounding else Cause.PRICED_OTHERWISE
    causes[price] = cell.price_nano_usd
    rest = cell.usage_nano_usd - edge
    if cell.vendor.tokens is None and abs(rest) <= rounding:
        causes[Cause.ROUNDING] = rest
    elif have.metered.calls == 0 and rest > 0:
        causes[Cause.FOREIGN] = rest
    else:
        _of_estimates(causes, rest, cell)
    return causes


def _of_estimates(causes: dict[Cause, int], rest: int, cell: Compared) -> None:
    """Lay a difference in tokens to estimates, which can be wrong by as much as they are, and else to other calls."""
    cut, estimated = cell.ledger.cut.cost_nano_usd, cell.ledger.estimated.cost_nano_usd
    may = min(abs(rest), cut + estimated)
    requests, ours = cell.vendor.requests, cell.ledger.metered.calls
    more = 0 if requests is None else requests - ours
    if rest > 0 and more > 0 and requests:
        # There are calls that the ledger does not have: what such calls cost on average comes first.
        mean = max(cell.vendor_nano_usd - cell.others_nano_usd, 0) // requests
        may = min(may, max(0, rest - mean * more))
    sign = 1 if rest > 0 else -1
    of_cut = may * cut // (cut + estimated) if may else 0
    causes[Cause.CUT] = sign * of_cut
    causes[Cause.ESTIMATED] = sign * (may - of_cut)
    left = rest - sign * may
    is_foreign = left > 0 and (more > 0 or requests is None)
    causes[Cause.FOREIGN if is_foreign else Cause.UNEXPLAINED] = left

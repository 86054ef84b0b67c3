"""The causes of a difference add up to it, whatever both sides say; an amount is divided to the last nano-dollar."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.reconciliation.book import targets_of
from metering.reconciliation.causes import NOT_OURS, BookedFor, Cause
from metering.reconciliation.compare import Compared, Comparison, compare
from metering.reconciliation.model_names import ModelNames
from metering.reconciliation.rates import Rates
from metering.reconciliation.read_ledger import LedgerDay, LedgerDays, Part
from metering.reconciliation.spread import spread
from metering.reconciliation.vendor_report import ReportLine, Tokens, VendorReport

FIRST = date(2026, 11, 2)
DAYS = [FIRST + timedelta(days=n) for n in range(3)]
RATES = Rates(input=Decimal(2), cached=Decimal("0.5"), written=Decimal("2.5"), output=Decimal(8))
NAMES = ModelNames(physical_of={"ours": "gpt-x", "other": "gpt-y"}, _known={"gptx": "gpt-x", "gpty": "gpt-y"})

counts = st.integers(0, 10**6)
money = st.integers(0, 10**12)


@st.composite
def tokens(draw: st.DrawFn) -> Tokens:
    cached, written, more = draw(counts), draw(counts), draw(counts)
    return Tokens(input=cached + written + more, cached=cached, written=written, output=draw(counts))


@st.composite
def part_of(draw: st.DrawFn, whole: Part) -> Part:
    return Part(
        calls=draw(st.integers(0, whole.calls)), cost_nano_usd=draw(st.integers(0, whole.cost_nano_usd))
    )


@st.composite
def ledger_days(draw: st.DrawFn) -> LedgerDay:
    calls = draw(st.integers(0, 50))
    whole = Part(
        calls=calls, cost_nano_usd=draw(money) if calls else 0, tokens=draw(tokens()) if calls else Tokens()
    )
    cut = draw(part_of(whole))
    rest = Part(calls=whole.calls - cut.calls, cost_nano_usd=whole.cost_nano_usd - cut.cost_nano_usd)
    return LedgerDay(metered=whole, cut=cut, estimated=draw(part_of(rest)), leaving=draw(part_of(whole)))


lines = st.builds(
    ReportLine,
    day=st.sampled_from(DAYS),
    model=st.sampled_from(["gpt-x", "gpt-x-2026-08-06", "GPT Y", "unheard-of", ""]),
    key=st.sampled_from(["", "key_ours", "key_theirs"]),
    requests=st.none() | st.integers(0, 60),
    tokens=st.none() | tokens(),
    cost_nano_usd=st.none() | st.integers(-(10**9), 10**12),
    rounded_nano_usd=st.integers(0, 10**6),
)


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    before = FIRST - timedelta(days=1)
    cells = draw(st.sets(st.tuples(st.sampled_from([before, *DAYS]), st.sampled_from(["gpt-x", "gpt-y"]))))
    ledger: LedgerDays = {cell: draw(ledger_days()) for cell in sorted(cells)}
    return compare(
        report=VendorReport(lines=tuple(draw(st.lists(lines, max_size=12)))),
        ledger=ledger,
        names=NAMES,
        rates={"gpt-x": [(FIRST, RATES)]} if draw(st.booleans()) else {},
        since=FIRST,
        keys=frozenset(draw(st.sampled_from([(), ("key_ours",)]))),
    )


@given(comparisons())
def test_the_causes_of_a_cell_add_up_to_its_difference_and_what_is_booked_is_ours(found: Comparison) -> None:
    for cell in found.cells:
        assert sum(cell.causes.values()) == cell.difference_nano_usd
        booked = sum(target.cost_nano_usd for target in targets_of(cell).values())
        others = [Cause.ROUNDING, Cause.UNEXPLAINED, *NOT_OURS]
        assert booked == cell.difference_nano_usd - sum(cell.causes.get(cause, 0) for cause in others)
        explained = abs(cell.causes.get(Cause.CUT, 0)) + abs(cell.causes.get(Cause.ESTIMATED, 0))
        assert explained <= cell.ledger.cut.cost_nano_usd + cell.ledger.estimated.cost_nano_usd


@given(comparisons())
def test_what_midnight_moves_is_moved_once_and_never_more_than_what_crossed_it(found: Comparison) -> None:
    for cell in found.cells:
        edge = cell.causes.get(Cause.DAY_EDGE, 0)
        assert edge >= -cell.ledger.leaving.cost_nano_usd
    by_model: dict[str, list[Compared]] = {}
    for cell in found.cells:
        by_model.setdefault(cell.model, []).append(cell)
    for row in by_model.values():
        inner = sum(cell.causes.get(Cause.DAY_EDGE, 0) for cell in row)
        assert inner >= -row[-1].ledger.leaving.cost_nano_usd


@given(st.integers(-(10**12), 10**12), st.lists(money, min_size=1, max_size=40).filter(any))
def test_an_amount_is_divided_to_the_last_nano_dollar(amount: int, weights: list[int]) -> None:
    parts = spread(amount, weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Decimal(amount) * weight / sum(weights)) < 1
        assert part == 0 or weight > 0 or abs(part) == 1


def test_nothing_is_no_weight() -> None:
    with pytest.raises(ValueError, match="nothing to divide by"):
        spread(1, [0])


def test_what_corrections_are_known_by_stays() -> None:
    """Entries of the ledger have it as their reason, for good."""
    assert [reason.value for reason in BookedFor] == [
        "The vendor's report: what had been estimated",
        "The vendor's report: the price",
    ]


@pytest.mark.parametrize(
    ("name", "means"),
    [
        ("gpt-x", "gpt-x"), ("gpt-x-2026-08-06", "gpt-x"), ("GPT X", "gpt-x"), ("gptx", "gpt-x"),
        ("gpt-y-20260806", "gpt-y"),        ("gpt-x-mini", None), ("gpt", None), ("", None),
    ],
)  # fmt: skip
def test_a_name_is_known_by_its_letters_and_digits_with_and_without_a_date(
    name: str, means: str | None
) -> None:
    assert NAMES.of_vendors(name) == means

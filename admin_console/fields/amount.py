"""Amounts as people type them: "$5", "8,000", "2k", "1.5M", "80 %". The one place that reads them."""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminTextInputWidget

from metering.types import MAX_AMOUNT

MAX_LENGTH = 40
DOLLAR_PLACES = 9
TIMES = {"k": 1_000, "m": 1_000_000, "b": 1_000_000_000}
_GAPS = str.maketrans(dict.fromkeys("\u00a0\u2009\u202f", " "))
"""The spaces that are written between digits."""
_SHAPE = re.compile(
    r"(?P<sign>[-\u2212]?)\s?(?P<dollar>(?:US)?\$)?\s?(?P<number>[\d.,' ]*\d)\s?(?P<times>[kmb])?\s?(?P<unit>%|usd)?",
    re.ASCII | re.IGNORECASE,
)
_PLAIN = re.compile(r"\d+(\.\d+)?|\.\d+", re.ASCII)
_LIKE_GROUPS = re.compile(r"[1-9]\d{0,2}\.\d{3}", re.ASCII)
"""How many countries write thousands. Money has decimals, and a point in it is one."""
_GROUPED = re.compile(r"[1-9]\d{0,2}(?P<gap>[,' ])\d{3}((?P=gap)\d{3})*(\.\d+)?", re.ASCII)


class Unit(StrEnum):
    """What an amount is an amount of."""

    DOLLARS = "dollars"
    COUNT = "count"
    PERCENT = "percent"


EXAMPLES = {
    Unit.DOLLARS: 'Write it as "$5", "$0.25" or "1,500".',
    Unit.COUNT: 'Write it as "8000", "8,000", "2k" or "1.5M".',
    Unit.PERCENT: 'Write it as "80 %" or "80".',
}


def read_amount(text: str, unit: Unit) -> Decimal:
    """The exact amount. Raises ValueError with a sentence for what is no amount, or may mean two."""
    typed = text.strip()
    if len(typed) > MAX_LENGTH:
        raise ValueError(f"That is longer than {MAX_LENGTH} characters. {EXAMPLES[unit]}")
    found = _SHAPE.fullmatch(typed.translate(_GAPS))
    if found is None:
        raise ValueError(f"“{typed}” is no amount. {EXAMPLES[unit]}")
    _check_unit(found, unit)
    number = _number(found["number"], typed, unit) * TIMES.get((found["times"] or "").lower(), 1)
    return -number if found["sign"] else number


def shown_amount(amount: Decimal | int, unit: Unit) -> str:
    """The amount as pages show it; `read_amount` reads it back."""
    whole, _, decimals = f"{abs(Decimal(amount)):f}".partition(".")
    decimals = decimals.rstrip("0")
    if unit is Unit.DOLLARS:
        decimals = f"{decimals:0<2}"
    number = f"{int(whole):,}" + (f".{decimals}" if decimals else "")
    sign = "-" if amount < 0 else ""
    return {Unit.DOLLARS: f"{sign}${number}", Unit.PERCENT: f"{sign}{number} %"}.get(unit, f"{sign}{number}")


def _check_unit(found: re.Match[str], unit: Unit) -> None:
    is_money = bool(found["dollar"]) or (found["unit"] or "").lower() == "usd"
    if is_money and unit is not Unit.DOLLARS:
        raise ValueError(f"This is not counted in dollars. {EXAMPLES[unit]}")
    if found["unit"] == "%" and unit is not Unit.PERCENT:
        raise ValueError(f"This is not a percentage. {EXAMPLES[unit]}")


def _number(digits: str, typed: str, unit: Unit) -> Decimal:
    if unit is Unit.COUNT and _LIKE_GROUPS.fullmatch(digits):
        meant, other = digits.replace(".", ","), f"{Decimal(digits).normalize():f}"
        raise ValueError(
            f"“{typed}” may mean two amounts: a point stands before decimals, a comma between groups of three "
            f'digits. Write "{meant}" or "{other}", whichever you mean.'
        )
    if _PLAIN.fullmatch(digits):
        return Decimal(digits)
    if _GROUPED.fullmatch(digits):
        return Decimal(re.sub(r"[,' ]", "", digits))
    if "," in digits:
        meant = digits.replace(",", ".") if digits.count(",") == 1 and "." not in digits else ""
        other = digits.replace(",", "").replace(" ", "")
        hint = f'Write "{meant}" or "{other}", whichever you mean.' if meant else EXAMPLES[unit]
        raise ValueError(
            f"“{typed}” may mean two amounts: a comma stands between groups of three digits. {hint}"
        )
    raise ValueError(f"“{typed}” is no amount. {EXAMPLES[unit]}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a field takes: from `low` to `high`, with so many decimals."""

    low: Decimal = Decimal(0)
    high: Decimal = Decimal(MAX_AMOUNT)
    places: int = 0

    def problem(self, amount: Decimal, unit: Unit) -> str | None:
        """A sentence about an amount outside of them; None: it is within."""
        if not self.low <= amount <= self.high:
            low, high = shown_amount(self.low, unit), shown_amount(self.high, unit)
            return f"The amount is from {low} to {high}, not {shown_amount(amount, unit)}."
        if -int(amount.normalize().as_tuple().exponent) > self.places:
            return f"At most {self.places} decimals." if self.places else "This is counted in whole numbers."
        return None


class AmountField(forms.Field):
    """An amount in one unit, shown as people write it. A count or a percentage comes back as a whole number."""

    def __init__(self, unit: Unit, bounds: Bounds | None = None, **kwargs: Any) -> None:
        self.unit = unit
        self.bounds = bounds or Bounds(places=DOLLAR_PLACES if unit is Unit.DOLLARS else 0)
        kwargs.setdefault(
            "widget", UnfoldAdminTextInputWidget(attrs={"inputmode": "text", "autocomplete": "off"})
        )
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return shown_amount(value, self.unit) if isinstance(value, int | Decimal) else value

    def to_python(self, value: Any) -> Decimal | int | None:
        if value in self.empty_values:
            return None
        try:
            amount = value if isinstance(value, Decimal) else read_amount(str(value), self.unit)
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from error
        if problem := self.bounds.problem(amount, self.unit):
            raise ValidationError(problem, code="invalid")
        return amount if self.bounds.places else int(amount)

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != self.to_python(self.prepare_value(initial)))
        except ValidationError:
            return True


def dollars(*, high: Decimal | None = None, places: int = DOLLAR_PLACES, **kwargs: Any) -> AmountField:
    """Make a field for money, in dollars."""
    bounds = Bounds(
        places=places, high=high if high is not None else Decimal(MAX_AMOUNT).scaleb(-DOLLAR_PLACES)
    )
    return AmountField(Unit.DOLLARS, bounds, **kwargs)


def whole(*, low: int = 0, high: int = MAX_AMOUNT, **kwargs: Any) -> AmountField:
    """Make a field for a whole number."""
    return AmountField(Unit.COUNT, Bounds(low=Decimal(low), high=Decimal(high)), **kwargs)


def percent(*, low: int = 0, **kwargs: Any) -> AmountField:
    """Make a field for a share, in whole percent."""
    return AmountField(Unit.PERCENT, Bounds(low=Decimal(low), high=Decimal(100)), **kwargs)

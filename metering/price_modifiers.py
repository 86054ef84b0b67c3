"""What moves a model's price besides tokens, as catalogs and the database write it.

A mapping of these keys, each of which may be missing. Amounts are numbers or texts; US dollars per million tokens, or
each. docs/prices.md tells what they mean.

    tiers: [{from_tokens: 272000, input: 4, output: 12, cached_input: 1, cache_write: 5}]
    service_tiers: {flex: 0.5, priority: 2}
    hours: [{days: [mon, tue], from: "01:00", to: "04:00", factor: 2}]
    per_call: 0.01
    per_image: 0.002
    tools: {web_search: 0.01}
"""

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from reprlib import repr as shortened
from typing import Any

from metering.price import DAY_MINUTES, TOKEN_PRICES, TOOLS, ContextPrice, Price, PriceHours, TokenPrice

KEYS = ("tiers", "service_tiers", "hours", "per_call", "per_image", "tools")
CONTEXT_KEYS = ("from_tokens", *TOKEN_PRICES)
HOURS_KEYS = ("days", "from", "to", "factor")
LARGEST = 1_000_000
LARGEST_FACTOR = 1_000
PLACES = 6
FACTOR_PLACES = 4
MOST = 32
"""Entries of a list or mapping."""
MAX_TOKENS = 2**31 - 1
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIER = re.compile(r"[a-z][a-z0-9_+-]{0,31}", re.ASCII)
_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)", re.ASCII)


def read_modifiers(given: object) -> dict[str, Any]:
    """The arguments of a Price. Raises ValueError with a sentence that names the place."""
    fields = _mapping(given, "modifiers", KEYS)
    read: dict[str, Callable[[object, str], Any]] = {
        "tiers": _tiers,
        "service_tiers": lambda value, where: _amounts(value, where, factors=True),
        "hours": lambda value, where: tuple(_hours(each, at) for each, at in _list(value, where)),
        "per_call": _dollars,
        "per_image": _dollars,
        "tools": lambda value, where: _amounts(value, where, factors=False),
    }
    return {name: read[name](value, name) for name, value in fields.items() if value is not None}


def written_modifiers(price: Price) -> dict[str, Any]:
    """The same as JSON, without what a price has not: `read_modifiers` gives it back."""
    found: dict[str, Any] = {
        "tiers": [{"from_tokens": tokens, **written_tokens(each)} for tokens, each in price.tiers],
        "service_tiers": {name: text(factor) for name, factor in price.service_tiers.items()},
        "hours": [
            {
                "days": [DAYS[day - 1] for day in sorted(each.days)],
                "from": _clock_text(each.start),
                "to": _clock_text(each.end),
                "factor": text(each.factor),
            }
            for each in price.hours
        ],
        "per_call": text(price.per_call) if price.per_call else None,
        "per_image": text(price.per_image) if price.per_image else None,
        "tools": {name: text(fee) for name, fee in price.tools.items()},
    }
    return {name: value for name, value in found.items() if value}


def normal_modifiers(given: object) -> dict[str, Any]:
    """The same modifiers, written in one way. Raises ValueError as `read_modifiers` does."""
    free: dict[str, Any] = dict.fromkeys(("input", "output", "cached_input", "cache_write"), Decimal(0))
    return written_modifiers(Price(**free, **read_modifiers(given)))


def written_tokens(price: TokenPrice) -> dict[str, str]:
    """The prices of tokens that it has, by kind."""
    found = {name: getattr(price, name) for name in TOKEN_PRICES}
    return {name: text(amount) for name, amount in found.items() if amount is not None}


def text(amount: Decimal) -> str:
    """A plain number without trailing zeros."""
    return f"{amount.normalize():f}"


def _tiers(value: object, where: str) -> tuple[ContextPrice, ...]:
    found = [_context(each, at) for each, at in _list(value, where)]
    if any(one.tokens >= other.tokens for one, other in pairwise(found)):
        raise ValueError(f"{where} has to be in ascending order of from_tokens, each once")
    return tuple(found)


def _context(value: object, where: str) -> ContextPrice:
    fields = _mapping(value, where, CONTEXT_KEYS)
    tokens = fields.get("from_tokens")
    if isinstance(tokens, bool) or not isinstance(tokens, int) or not 0 < tokens <= MAX_TOKENS:
        raise ValueError(f"{where}.from_tokens must be a whole number from 1 to {MAX_TOKENS:,}")
    amounts = {name: _dollars(fields[name], f"{where}.{name}") for name in TOKEN_PRICES if name in fields}
    if missing := {"input", "output"} - amounts.keys():
        raise ValueError(f"{where} needs {' and '.join(sorted(missing))}")
    return ContextPrice(
        tokens, TokenPrice(**{"cached_input": amounts["input"], "cache_write": amounts["input"], **amounts})
    )


def _hours(value: object, where: str) -> PriceHours:
    fields = _mapping(value, where, HOURS_KEYS)
    if missing := {"from", "to", "factor"} - fields.keys():
        raise ValueError(f"{where} needs {', '.join(sorted(missing))}")
    days = [day for day, _ in _list(fields.get("days", list(DAYS)), f"{where}.days")]
    if not days or len(set(map(str, days))) < len(days) or not set(map(str, days)) <= set(DAYS):
        raise ValueError(f"{where}.days must be some of {', '.join(DAYS)}, each once")
    start, end = _clock(fields["from"], f"{where}.from"), _clock(fields["to"], f"{where}.to")
    if start in (end, DAY_MINUTES):
        raise ValueError(f"{where} has to begin before midnight, and at another time than it ends")
    return PriceHours(
        frozenset(DAYS.index(str(day)) + 1 for day in days),
        start,
        end,
        _factor(fields["factor"], f"{where}.factor"),
    )


def _clock(value: object, where: str) -> int:
    match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    minutes = int(match[1]) * 60 + int(match[2]) if match else DAY_MINUTES + 1
    if minutes > DAY_MINUTES:
        raise ValueError(f'{where} must be a time such as "09:30", not {shortened(value)}')
    return minutes


def _clock_text(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _amounts(value: object, where: str, *, factors: bool) -> dict[str, Decimal]:
    fields = _mapping(value, where, None if factors else TOOLS)
    for name in fields:
        if factors and not _TIER.fullmatch(name):
            raise ValueError(f"{where}: {shortened(name)} is no name of a service tier")
    read = _factor if factors else _dollars
    return {name: read(amount, f"{where}.{name}") for name, amount in sorted(fields.items())}


def _dollars(value: object, where: str) -> Decimal:
    return _number(value, where, LARGEST, PLACES)


def _factor(value: object, where: str) -> Decimal:
    return _number(value, where, LARGEST_FACTOR, FACTOR_PLACES)


def _number(value: object, where: str, largest: int, places: int) -> Decimal:
    try:
        number = Decimal("NaN" if isinstance(value, bool) else str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or not 0 <= number <= largest:
        raise ValueError(f"{where} must be a number from 0 to {largest:,}, not {shortened(value)}")
    if -int(number.normalize().as_tuple().exponent) > places:
        raise ValueError(f"{where} has more than {places} decimals")
    return number


def _mapping(value: object, where: str, known: Iterable[str] | None) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or len(value) > MOST:
        raise ValueError(f"{where} must be a mapping of at most {MOST} keys, not {shortened(value)}")
    fields = {str(name): each for name, each in value.items()}
    for name in fields:
        if known is not None and name not in known:
            raise ValueError(f"{where}: unknown key {shortened(name)}; known: {', '.join(known)}")
    return fields


def _list(value: object, where: str) -> list[tuple[object, str]]:
    if not isinstance(value, list) or len(value) > MOST:
        raise ValueError(f"{where} must be a list of at most {MOST}, not {shortened(value)}")
    return [(each, f"{where}[{number}]") for number, each in enumerate(value, start=1)]

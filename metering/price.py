"""What a model's price makes of a call, with all that moves it besides tokens.

Prices are Decimal US dollars per million tokens, fees Decimal US dollars each. One token at $1 per million is 1,000
nano-USD. Rounding is up, once, at the end of a sum: the books never charge less than the vendor does.

A call's price is found in these steps:

1. Above so many input tokens of all kinds, the whole call has another price for each kind of token.
2. The tokens' sum is multiplied by the factor of the service tier that was served, and by that of the hour.
3. Fees for the request, its pictures and the tools that the vendor ran are added.

`charge` takes those that were served, `ceiling` the dearest that the request can become. `largest_charge` is between
them: of an answer that does not say how its tokens are to be told apart.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import lcm, prod
from types import MappingProxyType
from typing import NamedTuple

from msgspec import Struct

from metering.money import NANO_PER_USD, TOKENS_PER_PRICE

FREE = Decimal(0)
PLAIN_TIERS = frozenset({"", "default", "standard", "standard_only", "on_demand", "auto"})
"""Service tiers that cost the listed price."""
OTHER_MODELS = "other_models"
"""In a service tier: the call is not charged by its model's price alone, since others answered or took part."""
TIER_LENGTH = 32
TOOLS = ("web_search", "web_fetch", "file_search", "code_execution")
"""Tools that vendors run, by our names."""
AHEAD_S = 660.0
"""How long after it was bounded an attempt of a call may begin, if nothing else is said: it may come under the next
hour's factor. A call takes ten minutes with all its attempts, and may have waited for room before.
"""
DAY_MINUTES = 24 * 60


NO_CALLS: Mapping[str, int] = MappingProxyType({})


class Used(Struct, frozen=True, kw_only=True):
    """What a vendor served, as far as it is priced. Cached and written tokens are input, reasoning tokens output."""

    input_tokens: int
    output_tokens: int
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    cache_write_12h_tokens: int = 0
    reasoning_tokens: int = 0
    service_tier: str = ""
    images: int = 0
    tool_calls: Mapping[str, int] = NO_CALLS


class Asked(Struct, frozen=True, kw_only=True):
    """What a request asks for, as far as it moves its price."""

    service_tier: str = ""
    cache_hours: int = 0
    """The longest life of cache entries that it may write; 0: minutes."""
    images: int = 0


PLAIN = Asked()


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPrice:
    """US dollars per million tokens of each kind.

    `cached_input` and `cache_write` are the full input price where a vendor names none, `reasoning` (None) is the
    output price. Longer-lived entries of the cache without a price (None) are priced as `cache_write`, in part.
    """

    input: Decimal
    output: Decimal
    cached_input: Decimal
    cache_write: Decimal
    cache_write_1h: Decimal | None = None
    cache_write_12h: Decimal | None = None
    reasoning: Decimal | None = None
    _per_token: tuple[int, ...] = field(init=False, repr=False, compare=False)
    """The prices in the same order, as whole numbers of 1/`_parts` nano-USD a token: calls are priced in integers."""
    _parts: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        hour = self.cache_write if self.cache_write_1h is None else self.cache_write_1h
        half_day = hour if self.cache_write_12h is None else self.cache_write_12h
        thought = self.output if self.reasoning is None else self.reasoning
        kinds = (self.input, self.output, self.cached_input, self.cache_write, hour, half_day, thought)
        fractions = [(each * NANO_PER_USD / TOKENS_PER_PRICE).as_integer_ratio() for each in kinds]
        parts = lcm(*[divisor for _, divisor in fractions])
        object.__setattr__(self, "_parts", parts)
        object.__setattr__(self, "_per_token", tuple([n * (parts // divisor) for n, divisor in fractions]))

    def tokens_charge(self, used: Used) -> int:
        """1/`_parts` nano-USD of a call's tokens."""
        of_input, of_output, of_cached, of_written, of_hour, of_half_day, of_thought = self._per_token
        cached, written = used.cached_input_tokens, used.cache_write_tokens
        hour, half_day = used.cache_write_1h_tokens, used.cache_write_12h_tokens
        thought = min(used.reasoning_tokens, used.output_tokens)
        return (
            of_input * max(used.input_tokens - cached - written, 0)
            + of_cached * cached
            + of_written * max(written - hour - half_day, 0)
            + of_hour * hour
            + of_half_day * half_day
            + of_output * (used.output_tokens - thought)
            + of_thought * thought
        )

    def tokens_ceiling(self, input_tokens: int, output_tokens: int, cache_hours: int) -> int:
        """1/`_parts` nano-USD that so many tokens can cost at most."""
        of_input, of_output, of_cached, of_written, of_hour, of_half_day, of_thought = self._per_token
        dearest = max(of_input, of_cached, of_written)
        if cache_hours:
            dearest = max(dearest, of_hour, of_half_day if cache_hours > 1 else 0)
        return dearest * input_tokens + max(of_output, of_thought) * output_tokens


class ContextPrice(NamedTuple):
    """The price of a call whose input has more tokens than this."""

    tokens: int
    price: TokenPrice


class PriceHours(NamedTuple):
    """A factor by the time of day, in UTC. `start` and `end` are minutes since midnight, on the next day if smaller."""

    days: frozenset[int]
    """1: Monday. Of the day on which they begin."""
    start: int
    end: int
    factor: Decimal

    def contain(self, moment: datetime) -> bool:
        """Whether a moment is in them."""
        utc = moment.astimezone(UTC)
        minute, day = utc.hour * 60 + utc.minute, utc.isoweekday()
        if self.start < self.end:
            return day in self.days and self.start <= minute < self.end
        yesterday = (day + 5) % 7 + 1
        return (day in self.days and minute >= self.start) or (yesterday in self.days and minute < self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Price(TokenPrice):
    """A model's price in force."""

    tiers: tuple[ContextPrice, ...] = ()
    """Ascending."""
    service_tiers: Mapping[str, Decimal] = field(default_factory=dict)
    """Factors by service tier."""
    hours: tuple[PriceHours, ...] = ()
    """The first that contains the moment counts."""
    per_call: Decimal = FREE
    per_image: Decimal = FREE
    tools: Mapping[str, Decimal] = field(default_factory=dict)
    """US dollars for each call, by the tools' names."""
    is_known: bool = True
    """False: nobody knows what the model costs. Its calls are charged nothing, and marked as priced in part."""
    only_tokens: bool = field(init=False, repr=False, compare=False)
    """Whether only tokens count."""

    def __post_init__(self) -> None:
        TokenPrice.__post_init__(self)
        moved = (self.tiers, self.service_tiers, self.hours, self.per_call, self.per_image, self.tools)
        object.__setattr__(self, "only_tokens", not any(moved))

    def charge_nano_usd(self, used: Used, at: datetime) -> int:
        """What a call costs that began at this moment."""
        if self.only_tokens:
            return -(-self.tokens_charge(used) // self._parts)
        price = self._by_context(used.input_tokens)
        factors = (self._tier(used.service_tier), self._hour(at))
        fees = self._tool_fees(used) + self._fees(used.images)
        return _sum(price.tokens_charge(used), price._parts, factors, fees)

    def largest_charge_nano_usd(self, used: Used, asked: Asked, at: datetime) -> int:
        """What a call costs at most that began at this moment and of whose tokens nobody knows the kinds: whether its
        vendor wrote the cache, what was reasoning.
        """
        fees = self._tool_fees(used) + self._fees(used.images)
        factors = (self._tier(used.service_tier), self._hour(at))
        return self._largest(used.input_tokens, used.output_tokens, asked, factors, fees)

    def ceiling_nano_usd(
        self,
        *,
        input_tokens: int,
        output_tokens: int,
        asked: Asked = PLAIN,
        at: datetime | None = None,
        ahead_s: float = AHEAD_S,
    ) -> int:
        """What a call of these bounds can cost at most whose attempts begin within so many seconds of this moment, or
        at any (None).

        The tools that a vendor runs are not in it.
        """
        if self.only_tokens:
            total = self.tokens_ceiling(input_tokens, output_tokens, asked.cache_hours)
            return -(-total // self._parts)
        factors = (max(Decimal(1), self._tier(asked.service_tier)), self._dearest_hour(at, ahead_s))
        return self._largest(input_tokens, output_tokens, asked, factors, self._fees(asked.images))

    def _largest(
        self,
        input_tokens: int,
        output_tokens: int,
        asked: Asked,
        factors: tuple[Decimal, Decimal],
        fees: Decimal,
    ) -> int:
        return max(
            _sum(price.tokens_ceiling(most, output_tokens, asked.cache_hours), price._parts, factors, fees)
            for most, price in self._reachable(input_tokens)
        )

    def knows(self, used: Used) -> bool:
        """Whether everything that was served has a price."""
        if not self.is_known:
            return False
        long = used.cache_write_1h_tokens or used.cache_write_12h_tokens
        if used.service_tier in PLAIN_TIERS and not long and not used.tool_calls:
            return True
        return (
            self.knows_tier(used.service_tier)
            and self.knows_cache(12 if used.cache_write_12h_tokens else bool(used.cache_write_1h_tokens))
            and self.knows_tools(name for name, calls in used.tool_calls.items() if calls)
        )

    def knows_tier(self, name: str) -> bool:
        """Whether a service tier, or each part of one that is made of several, has a price."""
        return name in self.service_tiers or all(
            part in PLAIN_TIERS or part in self.service_tiers for part in name.split("+")
        )

    def tier_if_unsaid(self, asked: str) -> str:
        """The tier that counts where the answer names none: the one that was asked for if it is dear, else the plain
        one.
        """
        return asked if asked and self._tier(asked) > 1 else ""

    def knows_cache(self, hours: int) -> bool:
        """Whether entries of the cache that live so long have a price; 0: minutes."""
        if hours > 1:
            return self.cache_write_12h is not None
        return not hours or self.cache_write_1h is not None

    def knows_tools(self, names: Iterable[str]) -> bool:
        """Whether each of the tools has a price."""
        return all(name in self.tools for name in names)

    def _tool_fees(self, used: Used) -> Decimal:
        return sum([self.tools.get(name, FREE) * calls for name, calls in used.tool_calls.items()], FREE)

    def _fees(self, images: int) -> Decimal:
        return self.per_call + self.per_image * images

    def _tier(self, name: str) -> Decimal:
        """The factor of a tier, or the product of those of its parts, as of `priority+us`."""
        if name in self.service_tiers or "+" not in name:
            return self.service_tiers.get(name, Decimal(1))
        return prod([self.service_tiers.get(part, Decimal(1)) for part in name.split("+")], start=Decimal(1))

    def _hour(self, at: datetime) -> Decimal:
        return next((hours.factor for hours in self.hours if hours.contain(at)), Decimal(1))

    def _dearest_hour(self, at: datetime | None, ahead_s: float) -> Decimal:
        """Factors change at the minutes at which hours begin or end, and at no other."""
        if not self.hours:
            return Decimal(1)
        if at is None:
            return max([Decimal(1), *[hours.factor for hours in self.hours]])
        utc = at.astimezone(UTC)
        now, most = utc.hour * 60 + utc.minute, int(ahead_s // 60) + 1
        until = [(edge - now) % DAY_MINUTES for hours in self.hours for edge in (hours.start, hours.end)]
        return max(self._hour(utc + timedelta(minutes=each)) for each in (0, *until) if each <= most)

    def _by_context(self, input_tokens: int) -> TokenPrice:
        return next((price for tokens, price in reversed(self.tiers) if input_tokens > tokens), self)

    def _reachable(self, input_tokens: int) -> Iterator[tuple[int, TokenPrice]]:
        """Each price that a call of at most so many input tokens can have, with the most tokens that it then has."""
        price: TokenPrice = self
        for tokens, next_price in self.tiers:
            if input_tokens <= tokens:
                break
            yield tokens, price
            price = next_price
        yield input_tokens, price


def _sum(tokens: int, parts: int, factors: tuple[Decimal, Decimal], fees: Decimal) -> int:
    """Nano-USD of tokens in 1/`parts` nano-USD, times the factors, with the fees."""
    for factor in factors:
        if factor != 1:
            above, below = factor.as_integer_ratio()
            tokens, parts = tokens * above, parts * below
    if fees:
        above, below = (fees * NANO_PER_USD).as_integer_ratio()
        tokens, parts = tokens * below + above * parts, parts * below
    return -(-tokens // parts)


NO_MARKUP = 1_000_000
"""Markups are whole millionths of the price: a tenth more is 1,100,000."""


def markup_of(percent: Decimal) -> int:
    """Millionths of the price, of a markup in percent; below zero it is a discount."""
    return int((100 + percent) * NO_MARKUP / 100)


def marked_up(nano_usd: int, *markups: int) -> int:
    """An amount after markups, rounded up."""
    for markup in markups:
        if markup != NO_MARKUP:
            nano_usd = -(-nano_usd * markup // NO_MARKUP)
    return nano_usd


def without_markup(nano_usd: int, *markups: int) -> int:
    """About the amount that becomes this after markups; of one that became nothing, itself."""
    for markup in markups:
        if markup not in (NO_MARKUP, 0):
            nano_usd = nano_usd * NO_MARKUP // markup
    return nano_usd


UNKNOWN = Price(input=FREE, output=FREE, cached_input=FREE, cache_write=FREE, is_known=False)
TOKEN_PRICES = tuple([each.name for each in fields(TokenPrice) if each.init])
"""The kinds of tokens that have prices."""

"""Money: integer nano-USD inside the ledger, Decimal US dollars at the edges.

Prices are Decimal US dollars per million tokens. One token at $1 per million is 1,000 nano-USD,
so every vendor price with up to three decimals is exact per token. Rounding is up, once, at the
end of a sum: the books never charge less than the vendor does.
"""

from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from math import lcm

NANO_PER_USD = 1_000_000_000
TOKENS_PER_PRICE = 1_000_000


def nano_from_usd(usd: Decimal) -> int:
    """Nano-USD of a Decimal amount of dollars, rounded up."""
    return int((usd * NANO_PER_USD).to_integral_value(rounding=ROUND_CEILING))


def usd_from_nano(nano_usd: int) -> Decimal:
    """Decimal dollars of nano-USD: exact, normalised to plain notation without trailing zeros."""
    usd = (Decimal(nano_usd) / NANO_PER_USD).normalize()
    return usd.quantize(Decimal(1)) if usd == usd.to_integral_value() else usd


def usd_text(nano_usd: int) -> str:
    """Dollars in plain notation without trailing zeros, for JSON and headers."""
    whole, nano = divmod(abs(nano_usd), NANO_PER_USD)
    fraction = f".{nano:09d}".rstrip("0") if nano else ""
    return f"{'-' if nano_usd < 0 else ''}{whole}{fraction}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPrice:
    """US dollars per million tokens of each kind.

    `cached_input` and `cache_write` are the full input price where a vendor names none.
    """

    input: Decimal
    output: Decimal
    cached_input: Decimal
    cache_write: Decimal
    _per_token: tuple[int, int, int, int] = field(init=False, repr=False, compare=False)
    """The prices in the same order, as whole numbers of 1/`_parts` nano-USD a token: calls are priced in integers."""
    _parts: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        prices = [
            price * NANO_PER_USD / TOKENS_PER_PRICE
            for price in (self.input, self.output, self.cached_input, self.cache_write)
        ]
        fractions = [price.as_integer_ratio() for price in prices]
        parts = lcm(*[divisor for _, divisor in fractions])
        object.__setattr__(self, "_parts", parts)
        object.__setattr__(
            self, "_per_token", tuple(number * (parts // divisor) for number, divisor in fractions)
        )

    def cost_nano_usd(
        self,
        *,
        input_tokens: int,
        output_tokens: int,
        cached_input_tokens: int = 0,
        cache_write_tokens: int = 0,
    ) -> int:
        """Nano-USD of a token vector; cached and cache-write tokens are part of `input_tokens`."""
        plain = input_tokens - cached_input_tokens - cache_write_tokens
        of_input, of_output, of_cached, of_written = self._per_token
        total = (
            of_input * max(plain, 0)
            + of_cached * cached_input_tokens
            + of_written * cache_write_tokens
            + of_output * output_tokens
        )
        return -(-total // self._parts)

    def ceiling_nano_usd(self, *, input_tokens: int, output_tokens: int) -> int:
        """Nano-USD that a call of these bounds can cost at most."""
        of_input, of_output, of_cached, of_written = self._per_token
        return -(
            -(max(of_input, of_cached, of_written) * input_tokens + of_output * output_tokens) // self._parts
        )

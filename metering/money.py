"""Money: integer nano-USD inside the ledger, Decimal US dollars at the edges.

Prices are Decimal US dollars per million tokens. One token at $1 per million is 1,000 nano-USD,
so every vendor price with up to three decimals is exact per token. Rounding is up, once, at the
end of a sum: the books never charge less than the vendor does.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

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

    @property
    def dearest_input(self) -> Decimal:
        """What one million input tokens cost at most, however the vendor caches them."""
        return max(self.input, self.cached_input, self.cache_write)

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
        total = (
            self.input * max(plain, 0)
            + self.cached_input * cached_input_tokens
            + self.cache_write * cache_write_tokens
            + self.output * output_tokens
        )
        return nano_from_usd(total / TOKENS_PER_PRICE)

    def ceiling_nano_usd(self, *, input_tokens: int, output_tokens: int) -> int:
        """Nano-USD that a call of these bounds can cost at most."""
        return nano_from_usd(
            (self.dearest_input * input_tokens + self.output * output_tokens) / TOKENS_PER_PRICE
        )

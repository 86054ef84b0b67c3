"""What caches saved: the vendors' caches of prompts, and our cache of answers."""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal

from metering.models import ModelPrice
from metering.reports.plan import reading
from metering.reports.sums import sums_by
from metering.usage.filters import UsageFilter

MOST_MODELS = 1_000
NANO_A_TOKEN = 1_000
"""A price of one dollar per million tokens is so many nano-USD for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheSavings:
    """What vendors' caches of prompts have saved; amounts in nano-USD before markups."""

    input_tokens: int
    cached_input_tokens: int
    prompt_saved_nano_usd: int
    """Cached tokens at the price of input less that of cached input, by today's plain prices of their models."""
    answers: int
    """Calls that the answer cache answered."""
    answer_saved_nano_usd: int
    """What their answers had cost (docs/cache.md)."""

    @property
    def hit_rate(self) -> Decimal | None:
        """The share of input tokens that came from a vendor's cache."""
        return Decimal(self.cached_input_tokens) / self.input_tokens if self.input_tokens else None


def cache_savings(chosen: UsageFilter, *, now: datetime) -> CacheSavings:
    """Return what was saved in the range of `chosen`."""
    with reading():
        sums = sums_by(chosen, by=("model",), metric="input_tokens", limit=MOST_MODELS)
        saved = _saved_a_token(now)
    return CacheSavings(
        input_tokens=sums.total["input_tokens"],
        cached_input_tokens=sums.total["cached_input_tokens"],
        prompt_saved_nano_usd=sum(
            int(
                (
                    each.figures["cached_input_tokens"] * saved.get(each.keys[0].value, Decimal(0))
                ).to_integral_value(ROUND_FLOOR)
            )
            for each in sums.groups
        ),
        answers=sums.total["cached"],
        answer_saved_nano_usd=sums.total["saved_nano_usd"],
    )


def _saved_a_token(now: datetime) -> dict[str, Decimal]:
    """Return by model how much cheaper each cached token is, in nano-USD."""
    prices = ModelPrice.objects.filter(effective_from__lte=now).order_by("model_id", "-effective_from")
    rows = prices.distinct("model_id").values_list("model_id", "input", "cached_input")
    return {
        model: NANO_A_TOKEN * max(Decimal(0), full - (full if cached is None else cached))
        for model, full, cached in rows
    }

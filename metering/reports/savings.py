"""What the usage of a range could have cost less: with cheaper models, and with caches. By today's plain prices, before
markups, so to the cent rather than to the nano-dollar.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal

from metering.models import ModelPrice
from metering.reports.cache_savings import NANO_A_TOKEN, CacheSavings, cache_savings
from metering.reports.figures import Figures
from metering.reports.plan import reading
from metering.reports.sums import sums_by
from metering.types import ModelClass
from metering.usage.filters import UsageFilter

CLASSES = tuple(each.value for each in ModelClass)
"""From the cheapest to the dearest."""
HALF = Decimal("0.5")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheaperClass:
    """The calls of a class, and what the cheapest model of the next cheaper one would have asked for their tokens."""

    model_class: str
    requests: int
    cost_nano_usd: int
    cheaper_class: str
    cheaper_model: str
    cheaper_nano_usd: int

    @property
    def saved_nano_usd(self) -> int:
        return self.cost_nano_usd - self.cheaper_nano_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class Savings:
    classes: tuple[CheaperClass, ...]
    """Those that would have cost less, the most first."""
    caches: CacheSavings
    half_cached_nano_usd: int
    """What would have been saved besides if half of the input had come from vendors' caches of prompts."""


def savings(chosen: UsageFilter, *, now: datetime) -> Savings:
    """Return the ways in which the calls in the range of `chosen` could have cost less."""
    with reading():
        by_class = sums_by(chosen, by=("class",), limit=len(CLASSES) + 1).groups
        prices = _prices(now)
        caches = cache_savings(chosen, now=now)
    classes = [
        found
        for each in by_class
        if (found := _cheaper(str(each.keys[0].value), each.figures, prices)) is not None
        and found.saved_nano_usd > 0
    ]
    return Savings(
        classes=tuple(sorted(classes, key=lambda each: -each.saved_nano_usd)),
        caches=caches,
        half_cached_nano_usd=_half_cached(caches),
    )


def _prices(now: datetime) -> dict[str, list[ModelPrice]]:
    """Return by class the prices in force of the models that may be called."""
    rows = (
        ModelPrice.objects.filter(effective_from__lte=now, model__is_active=True)
        .order_by("model_id", "-effective_from")
        .distinct("model_id")
        .select_related("model")
    )
    found: dict[str, list[ModelPrice]] = {}
    for price in rows:
        found.setdefault(price.model.model_class_id, []).append(price)
    return found


def _cheaper(name: str, figures: Figures, prices: dict[str, list[ModelPrice]]) -> CheaperClass | None:
    if name not in CLASSES:
        return None
    for below in reversed(CLASSES[: CLASSES.index(name)]):
        if below in prices:
            cost, model = min((_cost(figures, price), price.model_id) for price in prices[below])
            return CheaperClass(
                model_class=name,
                requests=figures.requests,
                cost_nano_usd=figures.cost_nano_usd,
                cheaper_class=below,
                cheaper_model=model,
                cheaper_nano_usd=cost,
            )
    return None


def _cost(figures: Figures, price: ModelPrice) -> int:
    cached, written = figures["cached_input_tokens"], figures["cache_write_tokens"]
    plain = max(figures["input_tokens"] - cached - written, 0)
    parts: Iterable[tuple[Decimal | None, int]] = (
        (price.input, plain),
        (price.cached_input, cached),
        (price.cache_write, written),
        (price.output, figures["output_tokens"]),
    )
    dollars = sum(((price.input if each is None else each) * tokens for each, tokens in parts), Decimal(0))
    return int((NANO_A_TOKEN * dollars).to_integral_value(ROUND_CEILING))


def _half_cached(caches: CacheSavings) -> int:
    """Return what half of the input would save, if each token saved as each cached one has until now."""
    if not caches.cached_input_tokens or caches.hit_rate is None or caches.hit_rate >= HALF:
        return 0
    more = caches.input_tokens / 2 - caches.cached_input_tokens
    return int(caches.prompt_saved_nano_usd * more / caches.cached_input_tokens)

"""What the gateway saved, and what the same work would have cost without it.

- The **answer cache**: what the answers that were given again had cost, at list prices. Measured.
- **Cheaper models**: the tokens of each task at the average price that the task's tokens had in the *baseline* period,
  less the same at the average price now, both at today's plain prices. Computed. It is what was saved by moving calls
  to cheaper models and classes, and below zero where they moved to dearer ones.
- **Denials**: calls that a budget refused, at the average cost of an answered call of the same tenant and task. An
  estimate, so it is told apart. Who asks again and again within a minute counts once.

The share is of what was spent and saved together. Vendors' own caches of prompts are told beside it and are no part of
it: they save as much without a gateway.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count

from metering.errors import InvalidRequest
from metering.models import ModelPrice
from metering.money import usd_text
from metering.proof.service_levels import share_text
from metering.proof.targets import SAVINGS
from metering.reports.cache_savings import NANO_A_TOKEN, cache_savings
from metering.reports.denials import refused
from metering.reports.plan import reading
from metering.reports.sums import Sum, sums_by
from metering.usage.filters import UsageFilter

MOST_GROUPS = 10_000
"""Pairs of a task and a model, or of a tenant and a task."""
REFUSED_FOR_GOOD = "budget_exceeded"
"""Other refusals are asked again a moment later, and save nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What was saved, and by what; amounts in nano-USD."""

    spent_nano_usd: int
    """What was charged."""
    cache_nano_usd: int
    cached_answers: int
    cheaper_nano_usd: int | None
    """None: there was no use in the baseline period to compare with."""
    denied_nano_usd: int
    denied_calls: int
    prompt_cache_nano_usd: int
    """Beside the rest: what vendors' caches of prompts saved."""
    baseline_since: datetime
    baseline_until: datetime

    @property
    def without_denials_nano_usd(self) -> int:
        return self.cache_nano_usd + (self.cheaper_nano_usd or 0)

    @property
    def share(self) -> Decimal | None:
        """What was measured and computed, of what the work would have cost. None: there was none."""
        return _share(self.without_denials_nano_usd, self.spent_nano_usd)

    @property
    def share_with_denials(self) -> Decimal | None:
        return _share(self.without_denials_nano_usd + self.denied_nano_usd, self.spent_nano_usd)


def saved(chosen: UsageFilter, *, baseline: tuple[datetime, datetime] | None, now: datetime) -> Saved:
    """Of the range of `chosen`. The baseline is as long a time just before it, unless another one is named.

    Raises InvalidRequest as reports do.
    """
    since, until = chosen.both_ends
    try:
        before = baseline or (since - (until - since), since)
    except OverflowError:
        raise InvalidRequest("There is no time as long before; name a baseline.", param="since") from None
    earlier = replace(chosen, since=before[0], until=before[1])
    with reading():
        total = sums_by(chosen).total
        now_sums = sums_by(chosen, by=("task", "model"), metric="tokens", limit=MOST_GROUPS).groups
        then_sums = sums_by(earlier, by=("task", "model"), metric="tokens", limit=MOST_GROUPS).groups
        caches = cache_savings(chosen, now=now)
        prices = _prices(now)
        denied_calls, denied = _denied(chosen)
    return Saved(
        spent_nano_usd=total.cost_nano_usd,
        cache_nano_usd=caches.answer_saved_nano_usd,
        cached_answers=caches.answers,
        cheaper_nano_usd=_cheaper(now_sums, then_sums, prices),
        denied_nano_usd=denied,
        denied_calls=denied_calls,
        prompt_cache_nano_usd=caches.prompt_saved_nano_usd,
        baseline_since=before[0],
        baseline_until=before[1],
    )


def saved_facts(found: Saved) -> dict[str, Any]:
    """As JSON-ready facts; money as decimal text in US dollars, shares as decimal texts."""
    share, with_denials = found.share, found.share_with_denials
    cheaper = found.cheaper_nano_usd
    return {
        "spent_usd": usd_text(found.spent_nano_usd),
        "cache_usd": usd_text(found.cache_nano_usd),
        "cached_answers": found.cached_answers,
        "cheaper_models_usd": None if cheaper is None else usd_text(cheaper),
        "denied_usd": usd_text(found.denied_nano_usd),
        "denied_calls": found.denied_calls,
        "prompt_cache_usd": usd_text(found.prompt_cache_nano_usd),
        "baseline_since": found.baseline_since,
        "baseline_until": found.baseline_until,
        "target": str(SAVINGS),
        "share": share_text(share),
        "met": None if share is None else share >= SAVINGS,
        "share_with_denials": share_text(with_denials),
    }


def _share(saved_nano_usd: int, spent_nano_usd: int) -> Decimal | None:
    whole = saved_nano_usd + spent_nano_usd
    return Decimal(saved_nano_usd) / whole if whole > 0 else None


Price = tuple[Decimal, Decimal]
"""Nano-USD of one token of input and of output."""


def _prices(now: datetime) -> Mapping[str, Price]:
    rows = ModelPrice.objects.filter(effective_from__lte=now).order_by("model_id", "-effective_from")
    found = rows.distinct("model_id").values_list("model_id", "input", "output")
    return {model: (NANO_A_TOKEN * input_, NANO_A_TOKEN * output) for model, input_, output in found}


@dataclass(slots=True)
class _Mix:
    """The tokens of one task, and what they cost at today's plain prices."""

    tokens: tuple[int, int] = (0, 0)
    cost: tuple[Decimal, Decimal] = (Decimal(0), Decimal(0))

    def add(self, tokens: tuple[int, int], price: Price) -> None:
        self.tokens = (self.tokens[0] + tokens[0], self.tokens[1] + tokens[1])
        self.cost = (self.cost[0] + tokens[0] * price[0], self.cost[1] + tokens[1] * price[1])


def _cheaper(now_sums: list[Sum], then_sums: list[Sum], prices: Mapping[str, Price]) -> int | None:
    """Tasks that had no use in the baseline, and models without a price, are left out on both sides."""
    now, then = _mixes(now_sums, prices), _mixes(then_sums, prices)
    compared = [task for task in now if task in then]
    if not compared:
        return None
    saved_nano_usd = Decimal(0)
    for task in compared:
        for kind in (0, 1):
            if then[task].tokens[kind]:
                average = then[task].cost[kind] / then[task].tokens[kind]
                saved_nano_usd += average * now[task].tokens[kind] - now[task].cost[kind]
    return int(saved_nano_usd.to_integral_value(ROUND_HALF_EVEN))


def _mixes(sums: list[Sum], prices: Mapping[str, Price]) -> dict[str, _Mix]:
    found: dict[str, _Mix] = {}
    for each in sums:
        task, model = (str(key.value) for key in each.keys)
        if model in prices:
            tokens = (each.figures["input_tokens"], each.figures["output_tokens"])
            found.setdefault(task, _Mix()).add(tokens, prices[model])
    return found


def _denied(chosen: UsageFilter) -> tuple[int, int]:
    """Calls that budgets refused, and what they would have cost. The decision log has a row for each principal, rule
    and minute."""
    rows = refused(chosen).filter(code=REFUSED_FOR_GOOD)
    counted = rows.values("tenant_id", "task").annotate(n=Count("pk"))[:MOST_GROUPS]
    calls: dict[tuple[UUID, str], int] = {(row["tenant_id"], row["task"]): row["n"] for row in counted}
    if not calls:
        return 0, 0
    means = _means(chosen)
    return sum(calls.values()), sum(n * means.get(key, 0) for key, n in calls.items())


def _means(chosen: UsageFilter) -> Mapping[tuple[UUID, str], int]:
    """Nano-USD of an answered call, by tenant and task."""
    sums = sums_by(chosen, by=("tenant", "task"), limit=MOST_GROUPS).groups
    return {
        (UUID(str(each.keys[0].value)), str(each.keys[1].value)): each.figures.cost_nano_usd
        // each.figures.requests
        for each in sums
        if each.figures.requests
    }

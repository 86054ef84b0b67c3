"""Ask for less where there is no room for what a call needs at most: its texts counted, fewer models, or one alone."""

import asyncio

from msgspec import structs

from metering.admission.demand import M
from metering.admission.plan import CallPlan, over_candidates, planned_over
from metering.amounts import NOTHING, Amounts
from metering.policy.values import RateLimit
from metering.rates.take import TooFew
from metering.reservation.no_room import NoRoom
from metering.types import Dimension, Scope

LONG_INPUT = 100_000
"""Bytes. The texts of longer requests are counted in a thread."""
COUNTS_INPUT = frozenset({Dimension.INPUT_TOKENS, Dimension.TOKENS, Dimension.COST})


async def measured_closer(
    plan: CallPlan[M], short: NoRoom | TooFew | None, *, aside: bool
) -> CallPlan[M] | None:
    """The same call with its texts counted, where that may find it room (`short` says what it has not; None: nobody
    knows). None: it would not, or it is not less.
    """
    if not any("tokenizer" in model.traits for model in plan.route.candidates):
        return None
    size = plan.demand.size.closer()
    if size is None or (short is not None and not _counting_may_help(short, plan.bound)):
        return None
    demand = structs.replace(plan.demand, size=size)
    if aside and plan.bound.input_tokens >= LONG_INPUT:
        closer = await asyncio.to_thread(planned_over, demand, plan.route, plan.policy)
    else:
        closer = planned_over(demand, plan.route, plan.policy)
    for less in (closer, at_first_alone(closer)):
        if less is not None and less.bound != plan.bound and less.bound.beyond(plan.bound) == NOTHING:
            return structs.replace(less, verdicts=plan.verdicts)
    return None


def _counting_may_help(short: NoRoom | TooFew, bound: Amounts) -> bool:
    """Whether every limit that is short counts the input, and has not used up what the output alone needs."""
    if isinstance(short, TooFew):
        return short.levels is None and any(
            limit.dimension is Dimension.TOKENS and bound.output_tokens < limit.per_minute < draw.units
            for limit, draw in zip(short.limits, short.draws, strict=True)
        )
    for denial in short.denials:
        dimension = short.limits[denial.line].meter.dimension
        needed = bound.output_tokens if dimension is Dimension.TOKENS else 0
        if dimension not in COUNTS_INPUT or denial.limit - denial.used <= needed:
            return False
    return True


def asking_for_less(plan: CallPlan[M], short: NoRoom | TooFew) -> CallPlan[M] | None:
    """The same call without the other providers whose own limits are short; or held at the model to be tried first
    alone, where that is less of what is short (whoever goes on to a dearer one has to extend the hold); or without that
    model's provider; or without that model, where another one needs less. None: it cannot ask for less.
    """
    candidates = plan.route.candidates
    if len(candidates) < 2:
        return None
    first = candidates[0].provider_name
    full = _short_providers(short, first)
    if not full or first in full:
        alone = at_first_alone(plan)
        if alone is not None and _is_less(short, alone.bound, plan.bound):
            return alone
    left = tuple([model for model in candidates if model.provider_name not in full])
    if left and len(left) < len(candidates):
        return over_candidates(plan, left)
    others = over_candidates(plan, candidates[1:])
    alone = at_first_alone(others) or others
    return others if not full and _is_less(short, alone.bound, plan.bound) else None


def at_first_alone(plan: CallPlan[M]) -> CallPlan[M] | None:
    """The same call held at the model to be tried first alone. None: it is so already."""
    candidates = plan.route.candidates
    if len(candidates) < 2:
        return None
    least = plan.demand.size.measure(candidates[:1], plan.policy, hard=plan.hard).bound
    return structs.replace(plan, bound=least) if least != plan.bound else None


def _is_less(short: NoRoom | TooFew, least: Amounts, bound: Amounts) -> bool:
    """Whether it is less of everything that is short."""
    if isinstance(short, NoRoom):
        dimensions = [short.limits[denial.line].meter.dimension for denial in short.denials]
    else:
        dimensions = [limit.dimension for limit in _short_rates(short)]
    return all(least.of(dimension) < bound.of(dimension) for dimension in dimensions)


def _short_providers(short: NoRoom | TooFew, first: str) -> set[str]:
    """The providers whose own budgets or rates have no room, if no other limit is short too."""
    if isinstance(short, NoRoom):
        meters = [short.limits[denial.line].meter for denial in short.denials]
        names = [meter.subject_id if meter.subject_type == Scope.PROVIDER else None for meter in meters]
    else:
        names = [first if limit.is_of_provider else None for limit in _short_rates(short)]
    providers = {name for name in names if name is not None}
    return providers if None not in names else set()


def _short_rates(short: TooFew) -> list[RateLimit]:
    return [limit for limit, wait_s in zip(short.limits, short.waits_s, strict=True) if wait_s > 0]

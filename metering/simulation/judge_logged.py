"""Whether a logged call would have been admitted: admission's checks in their order, on a replay's counters."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from metering.catalog.access import check_task
from metering.errors import (
    InputTooLarge,
    ModelNotAllowed,
    NotFound,
    NotPermitted,
    OverRateCapacity,
    RateLimited,
    TaskNotAllowed,
)
from metering.money import NANO_PER_USD, TOKENS_PER_PRICE
from metering.policy.rate_limit import CallRates, Limits
from metering.policy.values import EffectivePolicy
from metering.simulation.asker import Asker
from metering.simulation.counters import Counters
from metering.simulation.full import Reason, amounts_of, charge, full, seconds_of
from metering.simulation.logged import LoggedCall
from metering.simulation.rule_book import RuleBook
from metering.types import Dimension


@dataclass(frozen=True, slots=True)
class Judged:
    """What would have become of a call."""

    denied_by: Reason | None = None
    would_deny: tuple[Reason, ...] = ()
    saved_nano_usd: int = 0
    """By a smaller output limit."""


def judge_logged(
    book: RuleBook,
    asker: Asker,
    policy: EffectivePolicy,
    call: LoggedCall,
    counters: Counters,
    *,
    now: datetime,
    free: bool,
) -> Judged:
    """Judge the call, and count its use if it is admitted. `free`: nothing is denied, its use is counted as it was."""
    if policy.variants is not None:
        watched = policy.variants.meters
        policy = policy.variants.at(now, {meter: counters.used(meter, now) for meter in watched})
    first = call.first
    lines = policy.limits_for((first.provider_name,), first.agent_id, first.model_class)
    now_s = now.timestamp()
    saved = 0
    would_deny: tuple[Reason, ...] = ()
    if not free:
        denied = _refused(book, asker, policy, call) or _too_fast(policy, call, counters, now_s)
        if denied is not None:
            return Judged(denied_by=denied)
        would_deny = tuple(_tried(policy, call, counters, now_s))
        saved = _saved(book, policy, call)
        denied, loose = full(lines, amounts_of(call, saved), counters, now, now_s)
        would_deny += loose
        if denied is not None:
            return Judged(denied_by=denied, would_deny=would_deny)
    amounts, lasts_s = amounts_of(call, saved), seconds_of(call)
    charge(lines, amounts, counters, now, now_s, lasts_s=lasts_s, is_use=call.is_use)
    return Judged(would_deny=would_deny, saved_nano_usd=saved)


def _refused(book: RuleBook, asker: Asker, policy: EffectivePolicy, call: LoggedCall) -> Reason | None:
    first, subject = call.first, asker.subject
    try:
        check_task(first.task, narrowed_to=asker.allowed_tasks)
    except TaskNotAllowed as refusal:
        return "token", refusal.code
    try:
        access = book.access_to(subject.plan, first.task)
        dearest = policy.choice("max_class", "")
        if dearest:
            access = access.up_to(dearest)
    except (NotPermitted, NotFound) as refusal:
        return f"plan {subject.plan}", refusal.code
    if first.model_class not in access.classes:
        rule = (
            f"{policy.settings['max_class'].scope} max_class"
            if access.dearest_class
            else f"plan {subject.plan}"
        )
        return rule, ModelNotAllowed.code
    if asker.allowed_models and first.request_model not in asker.allowed_models:
        return "token", ModelNotAllowed.code
    allowed = policy.number("max_tokens_in")
    if allowed is not None and any(attempt.input_tokens > allowed for attempt in call.attempts):
        return f"{policy.settings['max_tokens_in'].scope} max_tokens_in", InputTooLarge.code
    return None


def _too_fast(policy: EffectivePolicy, call: LoggedCall, counters: Counters, now_s: float) -> Reason | None:
    return _drawn(_limits(policy.rates, call), call, counters, now_s)


def _tried(policy: EffectivePolicy, call: LoggedCall, counters: Counters, now_s: float) -> Iterator[Reason]:
    """Rates in shadow, each by itself."""
    for limit in _limits(policy.shadow_rates, call):
        reason = _drawn((limit,), call, counters, now_s)
        if reason is not None:
            yield reason


def _limits(rates: CallRates, call: LoggedCall) -> Limits:
    first = call.first
    return rates.for_call(provider=first.provider_name, agent_id=first.agent_id, address=None)


def _drawn(limits: Limits, call: LoggedCall, counters: Counters, now_s: float) -> Reason | None:
    """Draw from all buckets, or name the one that has too little."""
    tokens = sum(attempt.input_tokens + attempt.output_tokens for attempt in call.attempts)
    empty = counters.draw(limits, tokens, now_s)
    if empty is None:
        return None
    too_large = empty.dimension is Dimension.TOKENS and tokens > empty.per_minute
    return empty.name, OverRateCapacity.code if too_large else RateLimited.code


def _saved(book: RuleBook, policy: EffectivePolicy, call: LoggedCall) -> int:
    """What a smaller output limit would have saved, at today's price of the model."""
    limit = policy.number("max_tokens_out")
    if limit is None:
        return 0
    saved = 0
    for attempt in call.attempts:
        if attempt.output_tokens > limit and attempt.cost_nano_usd:
            model = book.models.by_name.get(attempt.request_model)
            price = model.price.output if model is not None else Decimal(0)
            nano = (attempt.output_tokens - limit) * price * NANO_PER_USD / TOKENS_PER_PRICE
            saved += min(int(nano), attempt.cost_nano_usd)
    return saved

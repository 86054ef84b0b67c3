"""Which limit denies a call, and what its caller can do: every denial of admission gets its name here.

Rate limits and the ledger answer with what was short. Where several limits are short, the one is named that stays so
longest, because the caller has to wait for that one anyway. A message tells no figures of a limit that tenants share:
they would tell how much the others use.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from metering.errors import (
    BudgetExceeded,
    BudgetReserved,
    ConcurrencyExceeded,
    ContentBlocked,
    InputTooLarge,
    LimitExceeded,
    LimitUsage,
    MeteringError,
    NotPermitted,
    OverRateCapacity,
    OverTaskLimit,
    RateLimited,
    RateUse,
    TagRequired,
)
from metering.ledger.results import LineDenial
from metering.money import usd_text
from metering.policy.values import EffectivePolicy, MeterLimit
from metering.rates.take import TooFew, tightest, use_of
from metering.reservation.no_room import NoRoom
from metering.tags import HEADER
from metering.types import Dimension

RETRY_CONCURRENCY_S = 1
RETRY_RESERVED_S = 1
RETRY_NEVER_S = 86_400
"""What `Retry-After` says of budgets that never reset: somebody has to raise them first."""
_UNTIL_A_CALL_ENDS, _UNTIL_A_RESET, _FOR_GOOD = range(3)


def no_room_error(short: NoRoom, now: datetime) -> LimitExceeded:
    """The error of budgets and of limits on calls at once that have no room for a call."""
    limit, denial = deciding(short)
    kind: type[LimitExceeded] = BudgetExceeded
    message = _budget_message(denial, limit)
    if limit.meter.dimension is Dimension.CONCURRENCY:
        kind = ConcurrencyExceeded
        figures = "" if _is_shared(limit) else f": {denial.held} of {denial.limit}"
        message = f"Too many calls are in flight under {limit.name}{figures}."
    elif _is_only_held(short, denial):
        kind = BudgetReserved
        message = (
            f"Calls under way hold the rest of the budget {limit.name}: {_facts(denial, limit)}. "
            "Try again in a moment."
        )
    return kind(
        message,
        usage=LimitUsage(
            budget=limit.name,
            scope=limit.scope.value,
            dimension=limit.meter.dimension.value,
            current=denial.used,
            held=denial.held,
            requested=denial.requested,
            limit=denial.limit,
            period=limit.meter.window.value,
            source_id=limit.source_id,
            override=_override(denial, limit),
            subject_id=None if _is_shared(limit) else limit.meter.subject_id,
            shared=_is_shared(limit),
        ),
        reset_at=denial.resets_at if kind is not ConcurrencyExceeded else None,
        retry_after_s=_wait_s(short, denial, now),
    )


def too_few_error(short: TooFew, now: datetime) -> RateLimited | OverRateCapacity:
    """The error of rate limits that have too little for a call, now or even when they are full."""
    limits, draws, levels = short
    waits = short.waits_s
    place = waits.index(max(waits))
    limit, draw, wait_s = limits[place], draws[place], waits[place]
    if levels is None:
        return OverRateCapacity(
            f"This call needs {draw.units:,} {limit.dimension} at once, more than {limit.name} "
            f"allows in a whole minute: {limit.per_minute:,}. Waiting does not help.",
            rates=tuple(
                use_of(limit, draw.units, fits=False if wait else None)
                for limit, draw, wait in zip(limits, draws, waits, strict=True)
            ),
        )
    level = levels[place]
    short_of = (
        f"{limit.name}, which tenants share, has too little for this call now"
        if limit.shared
        else f"{limit.name} allows {limit.per_minute:,}, this call needs {draw.units:,} "
        f"and {level.remaining:,} are there now"
    )
    return RateLimited(
        f"Too fast: {short_of}; there will be enough in {wait_s:.1f} s.",
        usage=LimitUsage(
            budget=limit.name,
            scope=limit.scope.value,
            dimension=limit.dimension.value,
            current=math.ceil(level.used),
            held=0,
            requested=draw.units,
            limit=limit.per_minute,
            period="minute",
            source_id=limit.rule_id,
            shared=limit.shared,
        ),
        reset_at=now + timedelta(seconds=wait_s),
        retry_after_s=max(1, math.ceil(wait_s)),
        balances=tightest(limits, levels),
        rates=tuple(
            use_of(limit, draw.units, level, fits=not wait)
            for limit, draw, level, wait in zip(limits, draws, levels, waits, strict=True)
        ),
    )


def input_error(estimate: int, limit: int, *, is_models: bool) -> InputTooLarge:
    """The error of an input of about `estimate` tokens, where the model (`is_models`) or a rule allows `limit`."""
    whose = "the model's context" if is_models else "the plan's limit"
    return InputTooLarge(
        f"The input is at least {estimate:,} tokens, more than {whose} of {limit:,}.",
        source="model" if is_models else "max_tokens_in",
    )


def tag_required_error(missing: Sequence[str]) -> TagRequired:
    """The error of a call without tags of these keys."""
    tags = ",".join([f"{key}=…" for key in missing])
    whose = f"the tag {missing[0]}" if len(missing) == 1 else f"the tags {', '.join(missing)}"
    return TagRequired(
        f"This call needs {whose}: send them in metadata.tags ({tags}) or in the header {HEADER}: {tags}",
        param="metadata.tags",
    )


def deciding_rule(
    refusal: MeteringError, plan: str, policy: EffectivePolicy | None
) -> tuple[str, UUID | None]:
    """The rule that an error comes from, as messages call it, and its id if it is a rule or budget of its own."""
    if isinstance(refusal, LimitExceeded):
        return refusal.usage.budget, refusal.usage.source_id
    if isinstance(refusal, OverRateCapacity):
        rate: RateUse = next(rate for rate in refusal.rates if rate.fits is False)
        return rate.name, rate.source_id
    if not isinstance(refusal, NotPermitted | InputTooLarge | OverTaskLimit | TagRequired | ContentBlocked):
        return refusal.code, None
    if refusal.source == "plan":
        return f"plan {plan}", None
    setting = policy.settings.get(refusal.source) if policy is not None else None
    return (setting.named(refusal.source), setting.rule_id) if setting else (refusal.source, None)


def deciding(short: NoRoom) -> tuple[MeterLimit, LineDenial]:
    """The limit that stays short longest, and why it has no room."""
    denial = max(short.denials, key=lambda denial: lasting(short, denial))
    return short.limits[denial.line], denial


def waits_for_a_call(short: NoRoom) -> bool:
    """Whether there may be room as soon as calls under way end."""
    if short.holds_already:
        return False
    _, denial = deciding(short)
    return lasting(short, denial)[0] == _UNTIL_A_CALL_ENDS and denial.requested <= denial.limit


def _is_only_held(short: NoRoom, denial: LineDenial) -> bool:
    """Whether there would be room if every call under way cost nothing: what is held is not used."""
    return not short.holds_already and denial.used + denial.requested <= denial.limit


def lasting(short: NoRoom, denial: LineDenial) -> tuple[int, float]:
    """How long a limit stays short; the larger, the longer.

    What calls under way hold may be free in a moment. What is used up is free when its window ends; without an end it
    stays used up until somebody raises the limit, which is longer than any window.
    """
    is_concurrency = short.limits[denial.line].meter.dimension is Dimension.CONCURRENCY
    if is_concurrency or _is_only_held(short, denial):
        return _UNTIL_A_CALL_ENDS, 0.0
    if denial.resets_at is None:
        return _FOR_GOOD, 0.0
    return _UNTIL_A_RESET, denial.resets_at.timestamp()


def _wait_s(short: NoRoom, denial: LineDenial, now: datetime) -> int:
    if _is_only_held(short, denial):
        return RETRY_RESERVED_S
    if short.limits[denial.line].meter.dimension is Dimension.CONCURRENCY:
        return RETRY_CONCURRENCY_S
    if denial.resets_at is None:
        return RETRY_NEVER_S
    return max(1, int((denial.resets_at - now).total_seconds()) + 1)


def _override(denial: LineDenial, limit: MeterLimit) -> int:
    """How much of the limit comes from overrides, in the window that had no room."""
    return denial.limit - limit.limit if limit.raises else 0


def _is_shared(limit: MeterLimit) -> bool:
    """Whether other tenants' calls count on the same meter."""
    return limit.meter.tenant_id is None


def _facts(denial: LineDenial, limit: MeterLimit) -> str:
    """What the budget has left and what the call needs; of a budget that tenants share, only the latter."""
    dimension = limit.meter.dimension

    def shown(amount: int) -> str:
        return f"${usd_text(amount)}" if dimension is Dimension.COST else f"{amount:,}"

    unit = "" if dimension is Dimension.COST else f" {dimension.unit}"
    if _is_shared(limit):
        return f"tenants share it, and this call may need {shown(denial.requested)}{unit}"
    override = _override(denial, limit)
    parts = f" ({shown(limit.limit)} and an override of {shown(override)})" if override else ""
    return (
        f"{shown(denial.used)} used and {shown(denial.held)} held of {shown(denial.limit)}{unit}{parts}, "
        f"this call may need {shown(denial.requested)}"
    )


def _budget_message(denial: LineDenial, limit: MeterLimit) -> str:
    facts = _facts(denial, limit)
    if denial.requested > denial.limit:
        return (
            f"This call is larger than the whole budget {limit.name}: {facts}. "
            "Ask for less output, or for a larger budget."
        )
    until = f"; it resets at {denial.resets_at:%Y-%m-%d %H:%M} UTC" if denial.resets_at else ""
    return (
        f"The budget {limit.name} has no room for this call: {facts}{until}. An administrator can raise it."
    )

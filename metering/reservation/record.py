"""What an attempt is charged: what the vendor reports, else a bound that is never below the truth."""

from datetime import datetime
from functools import partial
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from metering.amounts import Amounts
from metering.ledger.commands import Attempt
from metering.ports import Usage
from metering.price import NO_CALLS, Price, Used, marked_up, without_markup
from metering.reservation.bounded_call import BoundedCall
from metering.reservation.other_models import cost_by_models, had_others, most_tokens, with_mark
from metering.types import MAX_AMOUNT, EstimateReason, Outcome

MODEL_NAME_LENGTH = 128
MOST_CALLS = 10_000
"""Calls of one tool that a vendor is believed to have made for one answer."""


def attempt_of(
    *,
    number: int,
    response_model: str,
    started_at: datetime,
    latency_ms: int,
    outcome: Outcome,
    usage: Usage | None,
    call: BoundedCall,
    request_model: str = "",
) -> Attempt:
    """The row of one attempt, a step: the reported usage, as far as it can be believed; without any the bound; nothing
    for an outcome that is no answer and costs nothing (ERROR).
    """
    bound, model = call.bound, call.model
    answered_by = (response_model or model.physical_name).replace("\0", "")[:MODEL_NAME_LENGTH]
    if outcome is Outcome.ERROR:
        return Attempt(
            number=number,
            provider_name=model.provider_name,
            response_model=answered_by,
            started_at=started_at,
            latency_ms=latency_ms,
            outcome=outcome,
            request_model=request_model,
            own_key=model.key_of is not None,
        )
    unknown = EstimateReason.UNANSWERED if outcome is Outcome.TIMEOUT else EstimateReason.CUT
    reason = EstimateReason(usage.estimate_reason) if usage is not None else unknown
    reported = usage.reported if usage is not None else ""
    if usage is not None and _is_impossible(usage, call):
        reported = reported or _shown(usage)
        usage, reason = None, EstimateReason.IMPOSSIBLE
    tokens = _tokens(usage, bound)
    charge = _charge(usage, tokens, call, started_at)
    return Attempt(
        number=number,
        provider_name=model.provider_name,
        response_model=answered_by,
        started_at=started_at,
        latency_ms=latency_ms,
        outcome=outcome,
        estimated=bool(reason),
        estimate_reason=reason,
        reported=reported,
        service_tier=charge.used.service_tier,
        partly_priced=charge.partly_priced,
        input_tokens=tokens.input_tokens,
        output_tokens=tokens.output_tokens,
        cached_input_tokens=charge.used.cached_input_tokens,
        cache_write_tokens=charge.used.cache_write_tokens,
        cache_write_1h_tokens=charge.used.cache_write_1h_tokens,
        cache_write_12h_tokens=charge.used.cache_write_12h_tokens,
        reasoning_tokens=charge.used.reasoning_tokens,
        cost_nano_usd=charge.cost_nano_usd,
        list_cost_nano_usd=charge.list_cost_nano_usd,
        vendor_cost_nano_usd=_stated(usage),
        fee_units=charge.fee_units,
        steps=1,
        request_model=request_model,
        own_key=model.key_of is not None,
    )


def _tokens(usage: Usage | None, bound: Amounts) -> Amounts:
    """Tokens to charge. What was counted here is never more input than was held, which is a proven bound."""
    if usage is None:
        return bound
    given = usage.input_tokens
    if given is None or (usage.estimate_reason and not usage.reported and given > bound.input_tokens):
        given = bound.input_tokens
    output = bound.output_tokens if usage.output_tokens is None else usage.output_tokens
    return Amounts(input_tokens=given, output_tokens=output)


class _Charge(NamedTuple):
    """What an attempt costs, and what for."""

    used: Used
    cost_nano_usd: int
    list_cost_nano_usd: int | None = None
    partly_priced: bool = False
    fee_units: str = ""


def _charge(usage: Usage | None, tokens: Amounts, call: BoundedCall, at: datetime) -> _Charge:
    model = call.model
    used = _used(usage, tokens, call)
    if usage is None:
        cost = call.bound.cost_nano_usd
        listed = without_markup(cost, model.markup, call.markup)
        return _Charge(
            used,
            cost,
            list_cost_nano_usd=None if listed == cost else listed,
            partly_priced=call.partly_priced,
        )
    if (usage.answered_by or usage.parts) and had_others(usage, model):
        cost_at = partial(_cost_at, usage=usage, call=call, at=at)
        cost, partly_priced = cost_by_models(usage, used, call, cost_at)
        used = replace(used, service_tier=with_mark(used.service_tier))
    else:
        cost = _cost_at(model.price, used, usage, call, at)
        partly_priced = call.partly_priced_anyway if usage.answered_by else call.partly_priced
        partly_priced = partly_priced or not model.price.knows(used)
    marked = marked_up(cost, model.markup, call.markup)
    return _Charge(
        used,
        marked,
        list_cost_nano_usd=None if marked == cost else cost,
        partly_priced=partly_priced,
        fee_units=_fee_units(used),
    )


def _cost_at(price: Price, used: Used, usage: Usage, call: BoundedCall, at: datetime) -> int:
    if usage.estimate_reason and not (usage.cached_input_tokens or usage.cache_write_tokens):
        # Nobody knows whether the vendor wrote its cache: the dearest kind of input counts.
        return price.largest_charge_nano_usd(used, call.priced, at)
    return price.charge_nano_usd(used, at)


def _used(usage: Usage | None, tokens: Amounts, call: BoundedCall) -> Used:
    if usage is None:
        return Used(input_tokens=tokens.input_tokens, output_tokens=tokens.output_tokens)
    return Used(
        input_tokens=tokens.input_tokens,
        output_tokens=tokens.output_tokens,
        cached_input_tokens=usage.cached_input_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        cache_write_1h_tokens=usage.cache_write_1h_tokens,
        cache_write_12h_tokens=usage.cache_write_12h_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        service_tier=usage.service_tier or call.model.price.tier_if_unsaid(call.priced.service_tier),
        images=call.priced.images,
        tool_calls={name: min(calls, MOST_CALLS) for name, calls in usage.tool_calls.items() if calls > 0}
        if usage.tool_calls
        else NO_CALLS,
    )


def _fee_units(used: Used) -> str:
    """What was served that has fees of its own, as JSON."""
    if not (used.images or used.tool_calls):
        return ""
    units = dict(used.tool_calls)
    if used.images:
        units["images"] = used.images
    return msgspec.json.encode(units, order="sorted").decode()


def _stated(usage: Usage | None) -> int | None:
    """What the vendor says that it cost, if that can be."""
    cost = usage.vendor_cost_nano_usd if usage is not None else None
    return cost if cost is not None and 0 <= cost <= MAX_AMOUNT else None


def _is_impossible(usage: Usage, call: BoundedCall) -> bool:
    """Whether a figure is beyond the model's context, which each input has, and its largest outputs: no vendor can have
    served that. Other models that answered or took part have theirs.
    """
    most = call.model.context_tokens * call.inputs + call.model.max_output_tokens * call.choices
    if usage.answered_by or usage.parts:
        most = most_tokens(usage, call)
    return (usage.input_tokens or 0) > most or (usage.output_tokens or 0) > most


def _shown(usage: Usage) -> str:
    return msgspec.json.encode(
        {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
    ).decode()

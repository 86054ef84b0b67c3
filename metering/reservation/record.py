"""What an attempt is charged: what the vendor reports, else a bound that is never below the truth."""

from datetime import datetime

import msgspec

from metering.amounts import Amounts
from metering.catalog.served import ServedModel
from metering.ledger.commands import Attempt
from metering.ports import Usage
from metering.types import EstimateReason, Outcome

MODEL_NAME_LENGTH = 128
PLAIN_TIERS = frozenset({"", "default", "standard", "standard_only", "on_demand", "auto"})
"""Served tiers that cost the listed price."""


def attempt_of(
    *,
    number: int,
    model: ServedModel,
    response_model: str,
    started_at: datetime,
    latency_ms: int,
    outcome: Outcome,
    usage: Usage | None,
    bound: Amounts,
    choices: int,
    partly_priced: bool,
) -> Attempt:
    """The row of one attempt, a step: the reported usage, as far as it can be believed; without any the bound; nothing
    for an outcome that is no answer and costs nothing (ERROR).

    `choices` is how many answers were asked for at once.
    """
    answered_by = (response_model or model.physical_name).replace("\0", "")[:MODEL_NAME_LENGTH]
    if outcome is Outcome.ERROR:
        return Attempt(
            number=number,
            provider_name=model.provider_name,
            response_model=answered_by,
            started_at=started_at,
            latency_ms=latency_ms,
            outcome=outcome,
            own_key=model.key_of is not None,
        )
    unknown = EstimateReason.UNANSWERED if outcome is Outcome.TIMEOUT else EstimateReason.CUT
    reason = EstimateReason(usage.estimate_reason) if usage is not None else unknown
    reported = usage.reported if usage is not None else ""
    if usage is not None and _is_impossible(usage, model, choices):
        reported = reported or _shown(usage)
        usage, reason = None, EstimateReason.IMPOSSIBLE
    tier = usage.service_tier if usage is not None else ""
    tokens = _tokens(usage, bound)
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
        service_tier=tier,
        partly_priced=partly_priced or tier not in PLAIN_TIERS,
        input_tokens=tokens.input_tokens,
        output_tokens=tokens.output_tokens,
        cached_input_tokens=usage.cached_input_tokens if usage is not None else 0,
        cache_write_tokens=usage.cache_write_tokens if usage is not None else 0,
        reasoning_tokens=usage.reasoning_tokens if usage is not None else 0,
        cost_nano_usd=_cost(usage, tokens, bound, model),
        steps=1,
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


def _cost(usage: Usage | None, tokens: Amounts, bound: Amounts, model: ServedModel) -> int:
    if usage is None:
        return bound.cost_nano_usd
    if usage.estimate_reason and not (usage.cached_input_tokens or usage.cache_write_tokens):
        # Nobody knows whether the vendor wrote its cache: the dearest kind of input counts.
        return model.price.ceiling_nano_usd(
            input_tokens=tokens.input_tokens, output_tokens=tokens.output_tokens
        )
    return model.price.cost_nano_usd(
        input_tokens=tokens.input_tokens,
        output_tokens=tokens.output_tokens,
        cached_input_tokens=usage.cached_input_tokens,
        cache_write_tokens=usage.cache_write_tokens,
    )


def _is_impossible(usage: Usage, model: ServedModel, choices: int) -> bool:
    """Whether a figure is beyond the model's context and its largest output, which no vendor can have served."""
    most = model.context_tokens + model.max_output_tokens * choices
    return (usage.input_tokens or 0) > most or (usage.output_tokens or 0) > most


def _shown(usage: Usage) -> str:
    return msgspec.json.encode(
        {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
    ).decode()

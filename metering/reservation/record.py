"""What an attempt is charged: what the vendor reports, else a bound that is never below the truth."""

from datetime import datetime

from metering.catalog.served import ServedModel
from metering.ledger.commands import Attempt, Bound
from metering.ports import Usage
from metering.types import Outcome

MODEL_NAME_LENGTH = 128


def attempt_of(
    *,
    number: int,
    model: ServedModel,
    response_model: str,
    started_at: datetime,
    latency_ms: int,
    outcome: Outcome,
    usage: Usage | None,
    otherwise: Bound | None,
) -> Attempt:
    """The row of one attempt, a step: the reported usage, else `otherwise` as an estimate, else nothing."""
    answered_by = (response_model or model.physical_name).replace("\0", "")[:MODEL_NAME_LENGTH]
    if usage is None:
        charged = otherwise or Bound()
        return Attempt(
            number=number,
            provider_name=model.provider_name,
            response_model=answered_by,
            started_at=started_at,
            latency_ms=latency_ms,
            outcome=outcome,
            estimated=otherwise is not None,
            input_tokens=charged.input_tokens,
            output_tokens=charged.output_tokens,
            cost_nano_usd=charged.cost_nano_usd,
            steps=1,
        )
    return Attempt(
        number=number,
        provider_name=model.provider_name,
        response_model=answered_by,
        started_at=started_at,
        latency_ms=latency_ms,
        outcome=outcome,
        estimated=usage.estimated,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cached_input_tokens=usage.cached_input_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        cost_nano_usd=model.price.cost_nano_usd(
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cached_input_tokens=usage.cached_input_tokens,
            cache_write_tokens=usage.cache_write_tokens,
        ),
        steps=1,
    )


def estimate_of_answer(bound: Bound, model: ServedModel, answer_bytes: int) -> Bound:
    """For a whole answer without usage: the input's bound, and the answer's bytes as its tokens' ceiling."""
    output_tokens = min(bound.output_tokens, answer_bytes)
    return Bound(
        input_tokens=bound.input_tokens,
        output_tokens=output_tokens,
        cost_nano_usd=model.price.ceiling_nano_usd(
            input_tokens=bound.input_tokens, output_tokens=output_tokens
        ),
    )

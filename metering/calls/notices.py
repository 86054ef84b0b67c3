"""What would have denied a call, or cut it shorter, if every limit were enforced. Asked only where some is not."""

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from metering.catalog.served import ServedModel
from metering.decisions.decision import Verdict
from metering.errors import (
    BudgetExceeded,
    ConcurrencyExceeded,
    InputTooLarge,
    ModelNotAllowed,
)
from metering.policy.enforcement import WARN
from metering.policy.values import EffectivePolicy, Setting
from metering.rates.grant import RateGrant
from metering.reservation.bound import BoundedCall
from metering.reservation.hold import Hold
from metering.types import Dimension, EnforcementMode, ModelClass

OUTPUT_CUT = "output_limited"
"""No error: the output limit that would have been sent is smaller than the one that was."""
_RANKS = list(ModelClass)


class Notice(NamedTuple):
    """One limit that would have said no."""

    verdict: Verdict
    mode: EnforcementMode
    code: str
    """Of the error that there would have been."""
    rule: str
    rule_id: UUID | None
    message: str


def setting_notices(policy: EffectivePolicy, call: BoundedCall, model: ServedModel) -> Iterator[Notice]:
    """Tighter settings that are tried and would have refused or clamped this call. Counting the input takes time."""
    tried = policy.tried.get("max_tokens_in")
    if tried is not None and call.bound.input_tokens > int(tried.value):
        limit = int(tried.value)
        estimate = call.estimate_input(limit)
        if estimate > limit:
            message = f"at least {estimate} of {limit} tokens"
            yield _notice(tried, "max_tokens_in", InputTooLarge.code, message)
    tried = policy.tried.get("max_tokens_out")
    if tried is not None:
        output = call.bound.output_tokens // call.choices
        if output > int(tried.value):
            yield _notice(tried, "max_tokens_out", OUTPUT_CUT, f"{output} instead of {tried.value} tokens")
    tried = policy.tried.get("max_class")
    if tried is not None and _RANKS.index(ModelClass(model.model_class)) > _RANKS.index(
        ModelClass(str(tried.value))
    ):
        yield _notice(
            tried, "max_class", ModelNotAllowed.code, f"{model.model_class} instead of {tried.value}"
        )


def line_notices(hold: Hold) -> Iterator[Notice]:
    """Budgets and concurrency limits that let the call pass although they are full."""
    for template, balance in zip(hold.held, hold.balances, strict=False):
        if template.enforced or template.only_counts or balance.used + balance.held <= balance.limit:
            continue
        error = ConcurrencyExceeded if template.meter.dimension is Dimension.CONCURRENCY else BudgetExceeded
        message = f"{balance.used} used and {balance.held} held of {balance.limit}"
        yield Notice(
            _verdict(template.mode), template.mode, error.code, template.name, template.source_id, message
        )


def rate_notices(grant: RateGrant) -> Iterator[Notice]:
    """Rate limits that are only tried and had too little."""
    for limit, error in grant.would_deny:
        yield Notice(_verdict(limit.mode), limit.mode, error.code, limit.name, limit.rule_id, error.message)


def _notice(setting: Setting, key: str, code: str, message: str) -> Notice:
    rule = f"{setting.scope} {key}"
    return Notice(_verdict(setting.mode), setting.mode, code, rule, setting.rule_id, message)


def _verdict(mode: EnforcementMode) -> Verdict:
    return Verdict.WARNED if mode is WARN else Verdict.OBSERVED

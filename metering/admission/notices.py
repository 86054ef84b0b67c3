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
    """Tighter settings in shadow that would have refused or clamped this call. Counting the input takes time."""
    shadow = policy.shadow_settings.get("max_tokens_in")
    if shadow is not None and call.bound.input_tokens > int(shadow.value):
        limit = int(shadow.value)
        estimate = call.estimate_input(limit)
        if estimate > limit:
            message = f"at least {estimate} of {limit} tokens"
            yield _notice(shadow, "max_tokens_in", InputTooLarge.code, message)
    shadow = policy.shadow_settings.get("max_tokens_out")
    if shadow is not None:
        output = call.bound.output_tokens // call.choices
        if output > int(shadow.value):
            yield _notice(shadow, "max_tokens_out", OUTPUT_CUT, f"{output} instead of {shadow.value} tokens")
    shadow = policy.shadow_settings.get("max_class")
    if shadow is not None and _RANKS.index(ModelClass(model.model_class)) > _RANKS.index(
        ModelClass(str(shadow.value))
    ):
        yield _notice(
            shadow, "max_class", ModelNotAllowed.code, f"{model.model_class} instead of {shadow.value}"
        )


def limit_notices(hold: Hold) -> Iterator[Notice]:
    """Budgets and concurrency limits that let the call pass although they are full."""
    for limit, balance in zip(hold.held, hold.balances, strict=False):
        if limit.enforced or limit.only_counts or balance.used + balance.held <= balance.limit:
            continue
        error = ConcurrencyExceeded if limit.meter.dimension is Dimension.CONCURRENCY else BudgetExceeded
        message = f"{balance.used} used and {balance.held} held of {balance.limit}"
        yield Notice(_verdict(limit.mode), limit.mode, error.code, limit.name, limit.source_id, message)


def rate_notices(grant: RateGrant) -> Iterator[Notice]:
    """Rate limits in shadow that had too little."""
    for limit, error in grant.would_deny:
        yield Notice(_verdict(limit.mode), limit.mode, error.code, limit.name, limit.rule_id, error.message)


def _notice(setting: Setting, key: str, code: str, message: str) -> Notice:
    rule = f"{setting.scope} {key}"
    return Notice(_verdict(setting.mode), setting.mode, code, rule, setting.rule_id, message)


def _verdict(mode: EnforcementMode) -> Verdict:
    return Verdict.WARNED if mode is WARN else Verdict.OBSERVED

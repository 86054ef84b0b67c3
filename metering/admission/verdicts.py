"""What limits in shadow say to a call: that they would have denied it, or cut its answer, had they been enforced.

Asked only where some limit that applies is not enforced.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from metering.admission.denial import lasting, no_room_error, too_few_error
from metering.amounts import ONE_REQUEST
from metering.catalog.served import ServedModel
from metering.decisions.decision import Verdict
from metering.errors import InputTooLarge, ModelNotAllowed, TagRequired
from metering.ledger.results import LineDenial
from metering.policy.enforcement import WARN
from metering.policy.values import EffectivePolicy, Setting
from metering.rates.take import RateGrant
from metering.reservation.bounded_call import Measured
from metering.reservation.no_room import NoRoom
from metering.reservation.reserve import Hold
from metering.tags import Tags, missing_keys, read_keys
from metering.types import EnforcementMode, ModelClass

OUTPUT_CUT = "output_limited"
"""No error: the output limit that would have been sent is smaller than the one that was."""
_RANKS = list(ModelClass)


class RuleVerdict(NamedTuple):
    """What one rule, budget or limit says to a call."""

    kind: Verdict
    mode: EnforcementMode
    """The mode in which the rule is."""
    code: str
    """The code of the error that there is, or would have been."""
    rule: str
    """What messages call the rule."""
    rule_id: UUID | None
    """None: no rule or budget of its own sets the limit."""
    message: str


def setting_verdicts(
    policy: EffectivePolicy, call: Measured, model: ServedModel, tags: Tags = ()
) -> Iterator[RuleVerdict]:
    """Yield the settings in shadow that would have refused this call or cut its answer.

    The input is counted only where its bound is above the limit, because counting takes time.
    """
    shadow = policy.shadow_settings.get("required_tags")
    if shadow is not None and (missing := missing_keys(read_keys(shadow.value), tags)):
        yield _of_setting(shadow, "required_tags", TagRequired.code, f"without {', '.join(missing)}")
    shadow = policy.shadow_settings.get("max_tokens_in")
    if shadow is not None and call.bound.input_tokens > int(shadow.value):
        limit = int(shadow.value)
        estimate = call.estimate_input(limit)
        if estimate > limit:
            message = f"at least {estimate} of {limit} tokens"
            yield _of_setting(shadow, "max_tokens_in", InputTooLarge.code, message)
    shadow = policy.shadow_settings.get("max_tokens_out")
    if shadow is not None and call.answer_tokens > int(shadow.value):
        message = f"{call.answer_tokens} instead of {shadow.value} tokens"
        yield _of_setting(shadow, "max_tokens_out", OUTPUT_CUT, message)
    shadow = policy.shadow_settings.get("max_class")
    if shadow is not None and _RANKS.index(ModelClass(model.model_class)) > _RANKS.index(
        ModelClass(str(shadow.value))
    ):
        yield _of_setting(
            shadow, "max_class", ModelNotAllowed.code, f"{model.model_class} instead of {shadow.value}"
        )


def limit_verdicts(hold: Hold, now: datetime) -> list[RuleVerdict]:
    """Return the budgets and limits on calls at once that let the call pass although they are full.

    The one that stays full longest comes first.
    """
    amounts = hold.bound + ONE_REQUEST
    short = NoRoom(
        hold.held,
        tuple(
            LineDenial(
                line=place,
                used=balance.used,
                held=balance.held - amounts.of(limit.meter.dimension),
                requested=amounts.of(limit.meter.dimension),
                limit=balance.limit,
                resets_at=balance.resets_at,
            )
            for place, (limit, balance) in enumerate(zip(hold.held, hold.balances, strict=False))
            if not (limit.enforced or limit.only_counts) and balance.used + balance.held > balance.limit
        ),
    )
    verdicts = []
    for denial in sorted(short.denials, key=lambda denial: lasting(short, denial), reverse=True):
        limit, error = hold.held[denial.line], no_room_error(NoRoom(hold.held, (denial,)), now)
        verdicts.append(
            RuleVerdict(_kind(limit.mode), limit.mode, error.code, limit.name, limit.source_id, error.message)
        )
    return verdicts


def rate_verdicts(grant: RateGrant, now: datetime) -> Iterator[RuleVerdict]:
    """Yield the rate limits in shadow that had too little for the call, the one with the longest wait first."""
    for short in sorted(grant.too_few_in_shadow, key=lambda short: short.waits_s[0], reverse=True):
        [limit], error = short.limits, too_few_error(short, now)
        yield RuleVerdict(_kind(limit.mode), limit.mode, error.code, limit.name, limit.rule_id, error.message)


def _of_setting(setting: Setting, key: str, code: str, message: str) -> RuleVerdict:
    return RuleVerdict(_kind(setting.mode), setting.mode, code, setting.named(key), setting.rule_id, message)


def _kind(mode: EnforcementMode) -> Verdict:
    return Verdict.WARNED if mode is WARN else Verdict.OBSERVED

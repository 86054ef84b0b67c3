"""What would have denied a call, or cut it shorter, if every limit were enforced. Asked only where some is not."""

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


class Notice(NamedTuple):
    """One limit that would have said no."""

    verdict: Verdict
    mode: EnforcementMode
    code: str
    """Of the error that there would have been."""
    rule: str
    rule_id: UUID | None
    message: str


def setting_notices(
    policy: EffectivePolicy, call: Measured, model: ServedModel, tags: Tags = ()
) -> Iterator[Notice]:
    """Tighter settings in shadow that would have refused or clamped this call. Counting the input takes time."""
    shadow = policy.shadow_settings.get("required_tags")
    if shadow is not None and (missing := missing_keys(read_keys(shadow.value), tags)):
        yield _notice(shadow, "required_tags", TagRequired.code, f"without {', '.join(missing)}")
    shadow = policy.shadow_settings.get("max_tokens_in")
    if shadow is not None and call.bound.input_tokens > int(shadow.value):
        limit = int(shadow.value)
        estimate = call.estimate_input(limit)
        if estimate > limit:
            message = f"at least {estimate} of {limit} tokens"
            yield _notice(shadow, "max_tokens_in", InputTooLarge.code, message)
    shadow = policy.shadow_settings.get("max_tokens_out")
    if shadow is not None and call.answer_tokens > int(shadow.value):
        message = f"{call.answer_tokens} instead of {shadow.value} tokens"
        yield _notice(shadow, "max_tokens_out", OUTPUT_CUT, message)
    shadow = policy.shadow_settings.get("max_class")
    if shadow is not None and _RANKS.index(ModelClass(model.model_class)) > _RANKS.index(
        ModelClass(str(shadow.value))
    ):
        yield _notice(
            shadow, "max_class", ModelNotAllowed.code, f"{model.model_class} instead of {shadow.value}"
        )


def limit_notices(hold: Hold, now: datetime) -> list[Notice]:
    """Budgets and limits on calls at once that let the call pass although they are full; first the one that stays so
    longest."""
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
    notices = []
    for denial in sorted(short.denials, key=lambda denial: lasting(short, denial), reverse=True):
        limit, error = hold.held[denial.line], no_room_error(NoRoom(hold.held, (denial,)), now)
        notices.append(
            Notice(_verdict(limit.mode), limit.mode, error.code, limit.name, limit.source_id, error.message)
        )
    return notices


def rate_notices(grant: RateGrant, now: datetime) -> Iterator[Notice]:
    """Rate limits in shadow that had too little; first the one that has to be waited for longest."""
    for short in sorted(grant.too_few_in_shadow, key=lambda short: short.waits_s[0], reverse=True):
        [limit], error = short.limits, too_few_error(short, now)
        yield Notice(_verdict(limit.mode), limit.mode, error.code, limit.name, limit.rule_id, error.message)


def _notice(setting: Setting, key: str, code: str, message: str) -> Notice:
    return Notice(_verdict(setting.mode), setting.mode, code, setting.named(key), setting.rule_id, message)


def _verdict(mode: EnforcementMode) -> Verdict:
    return Verdict.WARNED if mode is WARN else Verdict.OBSERVED

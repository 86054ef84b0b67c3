"""Tell the decision log what became of a call: refused, let pass by limits in shadow, or one of the sample.

Denials are dear to explain and come in floods, so a decision is made for the first of each principal, rule and minute;
the others are counted.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import NamedTuple

from metering.admission.denial import deciding_rule
from metering.admission.plan import asker_of
from metering.admission.verdicts import RuleVerdict
from metering.amounts import ONE_REQUEST
from metering.calls.begin import CallRequest
from metering.calls.cached_directory import CachedDirectory
from metering.calls.values import Call
from metering.decisions.decision import EnforcementDecision, Step, Verdict
from metering.decisions.log import DecisionLog
from metering.decisions.trace import limit_steps, rate_steps, refused_steps, rule_steps
from metering.decisions.write import Key
from metering.errors import (
    ContentBlocked,
    Holder,
    InputTooLarge,
    LimitExceeded,
    MeteringError,
    MeteringUnavailable,
    NotPermitted,
    OverRateCapacity,
    RateLimited,
    RateUse,
    TagRequired,
    UnpriceableRequest,
)
from metering.identity.principal import Principal
from metering.policy.values import EffectivePolicy, PolicySubject
from metering.rates.take import use_of
from metering.types import EnforcementMode

Trace = Callable[[], tuple[Step, ...]]
EXPLAINED = (
    LimitExceeded,
    NotPermitted,
    InputTooLarge,
    TagRequired,
    ContentBlocked,
    OverRateCapacity,
    UnpriceableRequest,
    MeteringUnavailable,
)
"""Overloaded is a MeteringUnavailable."""


def note_refusal(
    log: DecisionLog,
    directory: CachedDirectory,
    caller: Principal,
    request: CallRequest,
    refusal: MeteringError,
    now: datetime,
) -> None:
    """Count a denial by policy, or for want of room. Other errors (malformed, unknown) say themselves what is wrong."""
    if not isinstance(refusal, EXPLAINED):
        return
    asked = _asked(caller, request)
    policy = directory.peek_policy(asked.subject, request.task, now)
    if policy is not None:
        policy = policy.for_labels(request.tags, request.conversation_id)
    verdict = _denial(refusal, asked.subject.plan, policy)
    _note(log, asked, verdict, now, lambda: _refused_trace(policy, refusal, request.agent_id, now))


def note_refused_caller(
    log: DecisionLog, holder: Holder, refusal: MeteringError, *, request_id: str, now: datetime
) -> None:
    """Count a refusal that comes before there is a call: of a known caller's credential, or of what came with it."""
    subject = PolicySubject(holder.tenant_id, holder.plan, holder.team_id, holder.user_id, holder.token_id)
    verdict = RuleVerdict(
        Verdict.DENIED, EnforcementMode.ENFORCE, refusal.code, refusal.code, None, refusal.message
    )
    _note(log, _Asked(subject, "", "", request_id), verdict, now, lambda: ())


def note_stopped(log: DecisionLog, call: Call, refusal: LimitExceeded, now: datetime) -> None:
    """Count a denial in the middle of a call: a further step of its work found no room."""
    labels, policy = call.hold.labels, call.policy
    asked = _Asked(
        PolicySubject(call.hold.tenant_id, "", labels.team_id, labels.user_id, labels.token_id),
        labels.task,
        labels.request_model,
        labels.request_id,
    )
    refusal.rates = call.rates.uses
    _note(
        log,
        asked,
        _denial(refusal, "", policy),
        now,
        lambda: _refused_trace(policy, refusal, labels.agent_id, now),
    )


def note_admission(
    log: DecisionLog, caller: Principal, request: CallRequest, call: Call, now: datetime
) -> None:
    """Count each limit that would have denied the call; of calls without any, keep a sample."""
    verdicts: Iterable[RuleVerdict] = call.verdicts
    if not verdicts:
        mode = call.policy.mode
        verdicts = (RuleVerdict(Verdict.ALLOWED, mode, "", "", None, f"served by {call.model.name}"),)
    asked = _asked(caller, request)
    for verdict in verdicts:
        _note(log, asked, verdict, now, lambda: _admitted_trace(call, request.agent_id, now))


class _Asked(NamedTuple):
    """Whose call it is, and for what."""

    subject: PolicySubject
    task: str
    model: str
    request_id: str


def _asked(caller: Principal, request: CallRequest) -> _Asked:
    return _Asked(asker_of(caller).subject, request.task.value, request.model, request.request_id)


def _note(log: DecisionLog, asked: _Asked, verdict: RuleVerdict, now: datetime, trace: Trace) -> None:
    subject = asked.subject
    key = Key(
        minute=now.replace(second=0, microsecond=0),
        tenant_id=subject.tenant_id,
        user_id=subject.user_id,
        token_id=subject.token_id,
        task=asked.task,
        verdict=verdict.kind.value,
        code=verdict.code,
        rule=verdict.rule,
        rule_id=verdict.rule_id,
    )
    log.note(key, partial(_decision, asked, verdict, now, trace), at=now, request_id=asked.request_id)


def _denial(refusal: MeteringError, plan: str, policy: EffectivePolicy | None) -> RuleVerdict:
    rule, rule_id = deciding_rule(refusal, plan, policy)
    return RuleVerdict(Verdict.DENIED, EnforcementMode.ENFORCE, refusal.code, rule, rule_id, refusal.message)


def _decision(asked: _Asked, verdict: RuleVerdict, now: datetime, trace: Trace) -> EnforcementDecision:
    return EnforcementDecision(
        verdict=verdict.kind,
        at=now,
        subject=asked.subject,
        task=asked.task,
        model=asked.model,
        mode=verdict.mode,
        code=verdict.code,
        message=verdict.message,
        rule=verdict.rule,
        rule_id=verdict.rule_id,
        trace=trace(),
    )


def _refused_trace(
    policy: EffectivePolicy | None, refusal: MeteringError, agent_id: str | None, now: datetime
) -> tuple[Step, ...]:
    rates: Iterable[RateUse] = ()
    if isinstance(refusal, LimitExceeded | OverRateCapacity) and refusal.rates:
        rates = refusal.rates
    elif policy is not None:
        rates = map(use_of, policy.rates.always)
    steps = [*rule_steps(policy, agent_id)] if policy is not None else []
    if policy is not None and isinstance(refusal, LimitExceeded) and not isinstance(refusal, RateLimited):
        steps += refused_steps(policy.limits, refusal.usage, now)
    return (*steps, *rate_steps(rates))


def _admitted_trace(call: Call, agent_id: str | None, now: datetime) -> tuple[Step, ...]:
    hold = call.hold
    balances = {
        limit.meter: (balance.used, balance.held)
        for limit, balance in zip(hold.held, hold.balances, strict=False)
    }
    amounts = hold.bound + ONE_REQUEST
    return (
        *rule_steps(call.policy, agent_id),
        *limit_steps(
            tuple(limit for limit in hold.held if not limit.only_counts),
            balances,
            amounts,
            now=now,
            holding=True,
        ),
        *rate_steps(call.rates.uses),
    )

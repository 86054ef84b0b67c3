"""Whether a call may be made, and why: the checks of `calls/admit.py`, in its order, on given balances. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from metering.amounts import Amounts
from metering.catalog.access import check_task, choose_model
from metering.catalog.served import ServedModel
from metering.decisions.decision import EnforcementDecision, Standing, Step, Verdict
from metering.decisions.trace import Balance, limit_steps, rate_steps, rule_steps
from metering.errors import (
    InputTooLarge,
    ModelNotFound,
    NotPermitted,
)
from metering.ledger.commands import MeterKey
from metering.policy.values import EffectivePolicy, MeterLimits, PolicySubject
from metering.rates.port import Level
from metering.simulation.asker import Asker
from metering.simulation.imagined import ImaginedCall
from metering.simulation.rule_book import RuleBook
from metering.simulation.weigh_budgets import Short, short_of_budget
from metering.simulation.weigh_rates import WeighedRate, deciding, rates_of, weigh_rates
from metering.types import Dimension, EnforcementMode

_VERDICTS = {
    EnforcementMode.ENFORCE: Verdict.DENIED,
    EnforcementMode.WARN: Verdict.WARNED,
    EnforcementMode.OBSERVE: Verdict.OBSERVED,
}


def lines_of(
    book: RuleBook, asker: Asker, policy: EffectivePolicy, call: ImaginedCall
) -> tuple[ServedModel, MeterLimits]:
    """The model that would serve, and every budget of the call. Raises NotPermitted and ModelNotFound."""
    check_task(call.task, narrowed_to=asker.allowed_tasks)
    access = book.access_to(asker.subject.plan, call.task)
    dearest = policy.choice("max_class", "")
    if dearest:
        access = access.up_to(dearest)
    model = choose_model(book.models, access, call.model, narrowed_to=asker.allowed_models)
    lines = policy.limits_for((model.provider_name,), call.agent_id, model.model_class)
    return model, tuple(line for line in lines if not line.only_counts)


def weigh(
    book: RuleBook,
    asker: Asker,
    policy: EffectivePolicy,
    call: ImaginedCall,
    *,
    balances: Mapping[MeterKey, Balance],
    now: datetime,
    levels: Mapping[str, Level] = MappingProxyType({}),
) -> EnforcementDecision:
    """The decision with its trace. A rate limit of which nothing is known counts as full."""
    judged = _Judged(asker.subject, policy, call, now)
    if asker.refusal is not None:
        return judged.decision(Verdict.DENIED, asker.refusal.code, asker.refusal.message, "credential", ())
    try:
        model, lines = lines_of(book, asker, policy, call)
    except (NotPermitted, ModelNotFound) as refusal:
        source = getattr(refusal, "source", "plan")
        rule = f"plan {asker.subject.plan}" if source == "plan" else source
        return judged.decision(Verdict.DENIED, refusal.code, refusal.message, rule, tuple(rule_steps(policy)))
    requested = _amounts(policy, model, call)
    tokens = requested.of(Dimension.TOKENS)
    rates = weigh_rates(rates_of(policy.rates, model, call), tokens, levels, now)
    shadow = weigh_rates(rates_of(policy.shadow_rates, model, call), tokens, levels, now)
    steps = tuple(limit_steps(lines, balances, requested, holding=False))
    trace = (
        *rule_steps(policy),
        *steps,
        *rate_steps([rate.use for rate in (*rates, *shadow)]),
    )
    allowed = policy.number("max_tokens_in")
    if allowed is not None and call.input_tokens > allowed:
        setting = policy.settings["max_tokens_in"]
        message = f"The input is {call.input_tokens:,} tokens, more than {allowed:,}."
        return judged.decision(
            Verdict.DENIED, InputTooLarge.code, message, f"{setting.scope} max_tokens_in", trace
        )
    for weighed, standing in ((rates, Standing.NO_ROOM), (shadow, Standing.WOULD_DENY)):
        said = _short_of_rate(weighed, now) or short_of_budget(
            lines, steps, balances, requested, standing, now
        )
        if said is not None:
            verdict = _VERDICTS[said.mode]
            return judged.decision(verdict, said.code, said.message, said.rule, trace, model, said)
    return judged.decision(Verdict.ALLOWED, "", f"served by {model.name}", "", trace, model)


def _short_of_rate(weighed: list[WeighedRate], now: datetime) -> Short | None:
    rate = deciding(weighed, now)
    if rate is None or rate.error is None:
        return None
    limit = rate.limit
    return Short(limit.name, limit.rule_id, limit.mode, rate.error.code, rate.error.message)


def _amounts(policy: EffectivePolicy, model: ServedModel, call: ImaginedCall) -> Amounts:
    limits = [model.max_output_tokens, policy.number("max_tokens_out"), call.output_tokens]
    output = min(limit for limit in limits if limit is not None)
    cost = model.price.ceiling_nano_usd(input_tokens=call.input_tokens, output_tokens=output)
    return Amounts(
        requests=1, input_tokens=call.input_tokens, output_tokens=output, cost_nano_usd=cost, steps=1
    )


@dataclass(frozen=True, slots=True)
class _Judged:
    """What every decision about one call has in common."""

    subject: PolicySubject
    policy: EffectivePolicy
    call: ImaginedCall
    now: datetime

    def decision(
        self,
        verdict: Verdict,
        code: str,
        message: str,
        rule: str,
        trace: tuple[Step, ...],
        model: ServedModel | None = None,
        said: Short | None = None,
    ) -> EnforcementDecision:
        return EnforcementDecision(
            verdict=verdict,
            at=self.now,
            subject=self.subject,
            task=self.call.task,
            model=model.name if model is not None else self.call.model,
            mode=said.mode if said is not None else self.policy.mode,
            code=code,
            message=message,
            rule=rule,
            rule_id=said.rule_id if said is not None else None,
            trace=trace,
        )

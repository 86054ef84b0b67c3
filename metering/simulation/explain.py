"""Explain what would become of one request, now or at another time, under its own plan or another.

The call is planned and admitted as the gateway does it, on a ledger and buckets in memory that begin with the balances
that somebody has read.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from metering.admission.demand import Demand, M
from metering.admission.denial import deciding_rule
from metering.admission.plan import CallPlan, Route, over_candidates, plan_call, route_call
from metering.amounts import NOTHING, ONE_REQUEST, Amounts
from metering.catalog.served import ServedModel
from metering.decisions.decision import EnforcementDecision, Step, Verdict
from metering.decisions.trace import limit_steps, rate_steps, rule_steps
from metering.errors import (
    BudgetReserved,
    ConcurrencyExceeded,
    InputTooLarge,
    MeteringError,
    RateUse,
    UnpriceableRequest,
)
from metering.ledger.commands import MeterKey
from metering.policy.read_balances import MeterBalance, read_balances
from metering.policy.source import Policies, PolicySource
from metering.policy.values import EffectivePolicy, PolicySubject
from metering.rates.port import Level
from metering.rates.read_levels import LevelReader
from metering.rates.take import use_of
from metering.simulation.in_memory import InMemoryAdmission
from metering.types import Dimension, EnforcementMode

Balances = Mapping[MeterKey, MeterBalance]
Levels = Mapping[str, Level]
VendorNews = Callable[[tuple[ServedModel, ...]], Mapping[str, str]]
"""By name, of the models that the router asks last just now: why, reading on after the model's name."""


def no_news(models: tuple[ServedModel, ...]) -> Mapping[str, str]:
    """Every vendor is well."""
    return {}


def explain_call(
    *,
    source: PolicySource,
    demand: Demand[M],
    now: datetime,
    levels: LevelReader = lambda limits: {},
    vendor_news: VendorNews = no_news,
) -> EnforcementDecision:
    """The decision about a demand at `now`, on the balances that the meters have then. Nothing is held or drawn.

    `levels` reads what rate limits have left, `vendor_news` of open circuits and resting keys; without them, and for
    another time than this, rates count as full and vendors as well.
    Raises NotFound for an unknown tenant, plan or task.
    """
    asker = demand.asker
    policy = policy_at(source, asker.subject, demand.task, now)
    policy = policy.for_labels(demand.tags, demand.conversation_id)
    access = source.access_to(asker.subject.plan, demand.task)
    decision = EnforcementDecision(
        verdict=Verdict.ALLOWED,
        at=now,
        subject=asker.subject,
        task=demand.task,
        model=demand.model,
        mode=policy.mode,
    )
    if asker.refusal is not None:
        return _denied(decision, asker.refusal, ("credential", None))
    rules = tuple(rule_steps(policy, demand.agent_id))
    trace = rules
    try:
        # 1. Which model would serve it, and which limits stand over that?
        route = route_call(demand, access, source.models, policy)
        balances = read_balances({limit.meter: limit.counts_since for limit in route.limits}, now)
        known = levels([*route.rates, *route.shadow_rates])
        decision = _served_by(decision, route)
        trace = (*rules, *_limit_trace(route, balances, known, None, now))
        # 2. How much would it use at most?
        plan = plan_call(demand, access, source.models, policy)
        news = vendor_news(plan.route.candidates)
        plan = _in_order(plan, news)
        trace = (*rules, *_limit_trace(plan.route, balances, known, plan.measured.bound, now))
        # 3. Do rate limits and budgets have room for that?
        admitted = _admission_at(now, balances, known).admit(plan)
        if admitted.plan.bound != plan.bound:  # it found room by asking for less
            trace = (*rules, *_limit_trace(plan.route, balances, known, admitted.plan.bound, now))
    except MeteringError as refusal:
        denied = _denied(decision, refusal, deciding_rule(refusal, asker.subject.plan, policy), trace)
        return replace(denied, message=refusal.message + _wait_before(refusal, policy))
    decision = _served_by(decision, admitted.plan.route)
    if not admitted.verdicts:
        return replace(decision, message=_told(decision, news), trace=trace)
    first = admitted.verdicts[0]
    return replace(
        decision,
        verdict=first.kind,
        mode=first.mode,
        code=first.code,
        rule=first.rule,
        rule_id=first.rule_id,
        message=first.message,
        trace=trace,
    )


def policy_at(source: Policies, subject: PolicySubject, task: str, now: datetime) -> EffectivePolicy:
    """The policy at a moment, with the use of watched budgets as the meters have it."""
    policy = source.policy(subject, task)
    if policy.variants is None:
        return policy
    found = read_balances(policy.variants.meters, now)
    taken = {meter: balance.used + balance.held for meter, balance in found.items()}
    return policy.variants.at(now, taken)


def _in_order(plan: CallPlan[M], news: Mapping[str, str]) -> CallPlan[M]:
    """The plan with the models that can serve the call, those where it costs least in front, and last those that the
    router asks last.
    """
    candidates = plan.route.candidates
    if len(candidates) < 2:
        return plan
    costs: dict[ServedModel, int] = {}
    for model in candidates:
        with suppress(UnpriceableRequest, InputTooLarge):
            measured = plan.demand.size.measure((model,), plan.policy, hard=plan.hard)
            costs[model] = measured.bound.cost_nano_usd
    return over_candidates(plan, tuple(sorted(costs, key=lambda each: (each.name in news, costs[each]))))


def _served_by(decision: EnforcementDecision, route: Route) -> EnforcementDecision:
    first, *others = [model.name for model in route.candidates]
    return replace(decision, model=first, fallbacks=tuple(others))


def _told(decision: EnforcementDecision, news: Mapping[str, str]) -> str:
    others = ", ".join(decision.fallbacks)
    told = f"served by {decision.model}" + (f"; should that fail, by {others}" if others else "")
    known = [name for name in (decision.model, *decision.fallbacks) if name in news]
    return ". ".join([told, *[f"Asked last: {name}, {news[name]}" for name in known]])


def _admission_at(now: datetime, balances: Balances, levels: Levels) -> InMemoryAdmission:
    """Admission where meters and buckets are as given."""
    admission = InMemoryAdmission(now)
    for meter, balance in balances.items():
        admission.ledger.begin(meter, used=balance.used, held=balance.held, window_end=balance.resets_at)
    for key, level in levels.items():
        admission.buckets.begin(key, level)
    return admission


def _denied(
    decision: EnforcementDecision,
    refusal: MeteringError,
    rule: tuple[str, UUID | None],
    trace: tuple[Step, ...] = (),
) -> EnforcementDecision:
    return replace(
        decision,
        verdict=Verdict.DENIED,
        mode=EnforcementMode.ENFORCE,
        code=refusal.code,
        message=refusal.message,
        rule=rule[0],
        rule_id=rule[1],
        trace=trace,
    )


def _wait_before(refusal: MeteringError, policy: EffectivePolicy) -> str:
    """What a real call would do before it is refused: the imagined one does not wait."""
    wait_s = policy.number("wait_for_room_s")
    if not wait_s or not isinstance(refusal, BudgetReserved | ConcurrencyExceeded):
        return ""
    if refusal.usage.requested > refusal.usage.limit:
        return ""
    return f" A call would wait up to {wait_s} s for that before it is refused."


def _limit_trace(
    route: Route, balances: Balances, levels: Levels, bound: Amounts | None, now: datetime
) -> tuple[Step, ...]:
    """What every budget and rate says; without a bound, nothing is asked of budgets and rates of tokens."""
    limits = tuple(limit for limit in route.limits if not limit.only_counts)
    taken = {meter: (each.used, each.held) for meter, each in balances.items()}
    amounts = bound + ONE_REQUEST if bound is not None else NOTHING
    return (
        *limit_steps(limits, taken, amounts, now=now, holding=False),
        *rate_steps(_rate_uses(route, levels, bound.of(Dimension.TOKENS) if bound is not None else None)),
    )


def _rate_uses(route: Route, levels: Levels, tokens: int | None) -> Iterator[RateUse]:
    """Each rate limit by itself, at its level if that is known."""
    for limit in (*route.rates, *route.shadow_rates):
        wanted, level = 1 if limit.dimension is Dimension.REQUESTS else tokens, levels.get(limit.key)
        fits: bool | None = None
        if wanted is not None and wanted > limit.per_minute:
            fits = False
        elif wanted is not None and level is not None:
            fits = not level.wait_s(wanted)
        yield use_of(limit, wanted, level, fits=fits)

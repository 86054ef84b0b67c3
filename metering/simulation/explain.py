"""Explain what would become of one request, now or at another time, under its own plan or another.

The call is planned and admitted as the gateway does it, on a ledger and buckets in memory that begin with the balances
that somebody has read.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Generic
from uuid import UUID

from metering.admission.demand import Demand, M
from metering.admission.denial import deciding_rule
from metering.admission.plan import CallPlan, Route, plan_call, route_call
from metering.amounts import NOTHING, ONE_REQUEST
from metering.decisions.decision import EnforcementDecision, Step, Verdict
from metering.decisions.trace import Balance, limit_steps, rate_steps, rule_steps
from metering.errors import MeteringError, RateUse
from metering.ledger.commands import MeterKey
from metering.policy.read_balances import MeterBalance, read_balances
from metering.policy.source import PolicySource
from metering.policy.values import EffectivePolicy, MeterLimits, PolicySubject
from metering.rates.grant import use_of
from metering.rates.port import Level
from metering.rates.read_levels import LevelReader
from metering.simulation.in_memory import InMemoryAdmission
from metering.types import Dimension, EnforcementMode


def explain_call(
    *,
    source: PolicySource,
    demand: Demand[M],
    now: datetime,
    levels: LevelReader = lambda limits: {},
) -> EnforcementDecision:
    """The decision about a demand at `now`, on the balances that the meters have then. Nothing is held or drawn.

    `levels` reads what rate limits have left; without it, and for another time than this, they count as full.
    Raises NotFound for an unknown tenant, plan or task.
    """
    asker = demand.asker
    policy = policy_at(source, asker.subject, demand.task, now)
    access = source.access_to(asker.subject.plan, demand.task)
    explained = _Explained(demand, policy, now)
    if asker.refusal is not None:
        return explained.refused(asker.refusal, ("credential", None), ())
    try:
        route = route_call(demand, access, source.models, policy)
    except MeteringError as refusal:
        return explained.refused(refusal, explained.rule_of(refusal), tuple(rule_steps(policy)))
    limits = tuple(limit for limit in route.limits if not limit.only_counts)
    balances = read_balances({limit.meter: limit.counts_since for limit in route.limits}, now)
    known = levels([*route.rates, *route.shadow_rates])
    explained.model = route.candidates[0].name
    try:
        plan = plan_call(demand, access, source.models, policy)
    except MeteringError as refusal:
        trace = explained.trace(route, limits, balances, known, None)
        return explained.refused(refusal, explained.rule_of(refusal), trace)
    trace = explained.trace(route, limits, balances, known, plan)
    return explained.admitted(plan, balances, known, trace)


def policy_at(source: PolicySource, subject: PolicySubject, task: str, now: datetime) -> EffectivePolicy:
    """The policy at a moment, with the use of watched budgets as the meters have it."""
    policy = source.policy(subject, task)
    if policy.variants is None:
        return policy
    found = read_balances(policy.variants.meters, now)
    taken = {meter: balance.used + balance.held for meter, balance in found.items()}
    return policy.variants.at(now, taken)


class _Explained(Generic[M]):
    """What every decision about one call has in common."""

    def __init__(self, demand: Demand[M], policy: EffectivePolicy, now: datetime) -> None:
        self._demand = demand
        self._policy = policy
        self._now = now
        self.model = demand.model
        """As asked for; as chosen, once it is."""

    def rule_of(self, refusal: MeteringError) -> tuple[str, UUID | None]:
        return deciding_rule(refusal, self._demand.asker.subject.plan, self._policy)

    def admitted(
        self,
        plan: CallPlan[M],
        balances: Mapping[MeterKey, MeterBalance],
        levels: Mapping[str, Level],
        trace: tuple[Step, ...],
    ) -> EnforcementDecision:
        """The decision of admission, where meters and buckets are as given."""
        world = InMemoryAdmission(self._now)
        for meter, balance in balances.items():
            world.ledger.begin(meter, used=balance.used, held=balance.held, window_end=balance.resets_at)
        for key, level in levels.items():
            world.buckets.begin(key, level)
        try:
            admitted = world.admit(plan)
        except MeteringError as refusal:
            return self.refused(refusal, self.rule_of(refusal), trace)
        if not admitted.notices:
            message = f"served by {self.model}"
            return self._decision(Verdict.ALLOWED, self._policy.mode, "", message, ("", None), trace)
        first = admitted.notices[0]
        rule = (first.rule, first.rule_id)
        return self._decision(first.verdict, first.mode, first.code, first.message, rule, trace)

    def refused(
        self, refusal: MeteringError, rule: tuple[str, UUID | None], trace: tuple[Step, ...]
    ) -> EnforcementDecision:
        mode = EnforcementMode.ENFORCE
        return self._decision(Verdict.DENIED, mode, refusal.code, refusal.message, rule, trace)

    def trace(
        self,
        route: Route,
        limits: MeterLimits,
        balances: Mapping[MeterKey, MeterBalance],
        levels: Mapping[str, Level],
        plan: CallPlan[M] | None,
    ) -> tuple[Step, ...]:
        """What every rule, budget and rate says; without a plan, nothing is asked of them."""
        taken: dict[MeterKey, Balance] = {meter: (each.used, each.held) for meter, each in balances.items()}
        bound = plan.measured.bound if plan is not None else None
        amounts = bound + ONE_REQUEST if bound is not None else NOTHING
        units = {
            Dimension.REQUESTS: 1,
            Dimension.TOKENS: bound.of(Dimension.TOKENS) if bound is not None else None,
        }
        return (
            *rule_steps(self._policy),
            *limit_steps(limits, taken, amounts, holding=False),
            *rate_steps(_rate_uses(route, units, levels)),
        )

    def _decision(
        self,
        verdict: Verdict,
        mode: EnforcementMode,
        code: str,
        message: str,
        rule: tuple[str, UUID | None],
        trace: tuple[Step, ...],
    ) -> EnforcementDecision:
        return EnforcementDecision(
            verdict=verdict,
            at=self._now,
            subject=self._demand.asker.subject,
            task=self._demand.task,
            model=self.model,
            mode=mode,
            code=code,
            message=message,
            rule=rule[0],
            rule_id=rule[1],
            trace=trace,
        )


def _rate_uses(
    route: Route, units: Mapping[Dimension, int | None], levels: Mapping[str, Level]
) -> Iterator[RateUse]:
    """Each rate limit by itself, at its level if that is known."""
    for limit in (*route.rates, *route.shadow_rates):
        wanted, level = units[limit.dimension], levels.get(limit.key)
        fits: bool | None = None
        if wanted is not None and wanted > limit.per_minute:
            fits = False
        elif wanted is not None and level is not None:
            fits = not level.wait_s(wanted)
        yield use_of(limit, wanted, level, fits=fits)

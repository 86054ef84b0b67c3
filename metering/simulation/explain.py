"""Explain what would become of one request, now or at another time, under its own plan or another."""

from datetime import datetime

from metering.decisions.decision import EnforcementDecision
from metering.errors import NotFound, NotPermitted
from metering.policy.read_balances import read_balances
from metering.policy.values import EffectivePolicy, PolicySubject
from metering.rates.read_levels import LevelReader
from metering.simulation.asker import Asker
from metering.simulation.imagined import ImaginedCall
from metering.simulation.rule_book import RuleBook
from metering.simulation.weigh import lines_of, weigh
from metering.simulation.weigh_rates import rates_of


def explain_call(
    *,
    book: RuleBook,
    asker: Asker,
    call: ImaginedCall,
    now: datetime,
    levels: LevelReader = lambda limits: {},
) -> EnforcementDecision:
    """The decision about a call at `now`, on the balances that the meters have at that time. Nothing is held or drawn.

    `levels` reads what rate limits have left; without it, and for another time than this, they count as full.
    Raises NotFound for an unknown tenant, plan or task.
    """
    policy = policy_at(book, asker.subject, call.task, now)
    try:
        model, lines = lines_of(book, asker, policy, call)
    except (NotPermitted, NotFound):
        return weigh(book, asker, policy, call, balances={}, now=now)
    found = read_balances({line.meter: line.counts_since for line in lines}, now)
    balances = {meter: (balance.used, balance.held) for meter, balance in found.items()}
    limits = [*rates_of(policy.rates, model, call), *rates_of(policy.shadow_rates, model, call)]
    return weigh(book, asker, policy, call, balances=balances, levels=levels(limits), now=now)


def policy_at(book: RuleBook, subject: PolicySubject, task: str, now: datetime) -> EffectivePolicy:
    """The policy at a moment, with the use of watched budgets as the meters have it."""
    policy = book.policy(subject, task)
    if policy.variants is None:
        return policy
    found = read_balances(policy.variants.meters, now)
    taken = {meter: balance.used + balance.held for meter, balance in found.items()}
    return policy.variants.at(now, taken)

"""Explain what would become of one request, now or at another time, under its own plan or another."""

from datetime import datetime

from metering.decisions.decision import EnforcementDecision
from metering.errors import NotFound, NotPermitted
from metering.policy.read_balances import read_balances
from metering.policy.values import EffectivePolicy, PolicySubject
from metering.simulation.asker import Asker
from metering.simulation.rule_book import RuleBook
from metering.simulation.weigh import ImaginedCall, lines_of, weigh


def explain_call(*, book: RuleBook, asker: Asker, call: ImaginedCall, now: datetime) -> EnforcementDecision:
    """The decision about a call at `now`, on the balances that the meters have at that time. Nothing is held.

    Raises NotFound for an unknown tenant, plan or task.
    """
    policy = policy_at(book, asker.subject, call.task, now)
    try:
        _, lines = lines_of(book, asker, policy, call)
    except (NotPermitted, NotFound):
        lines = ()
    found = read_balances([line.meter for line in lines], now)
    balances = {meter: (balance.used, balance.held) for meter, balance in found.items()}
    return weigh(book, asker, policy, call, balances=balances, now=now)


def policy_at(book: RuleBook, subject: PolicySubject, task: str, now: datetime) -> EffectivePolicy:
    """The policy at a moment, with the use of watched budgets as the meters have it."""
    policy = book.policy(subject, task)
    if policy.variants is None:
        return policy
    found = read_balances(policy.variants.meters, now)
    taken = {meter: balance.used + balance.held for meter, balance in found.items()}
    return policy.variants.at(now, taken)

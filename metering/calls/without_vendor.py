"""Work for a caller that asks no vendor: it counts as a request of its task, and costs nothing else."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeVar

from metering.admission.admit import admit
from metering.admission.demand import Candidates, Demand
from metering.admission.plan import asker_of, plan_call
from metering.amounts import NOTHING
from metering.calls.begin import CallRequest, ledger_labels
from metering.calls.collaborators import Collaborators
from metering.identity.principal import Principal
from metering.ledger.commands import Attempt
from metering.policy.values import EffectivePolicy
from metering.reservation.bounded_call import Measured
from metering.reservation.release import release
from metering.reservation.settle import settle

T = TypeVar("T")
PROVIDER = "gateway"
"""Who served it, in the usage log."""


class NoTokens(NamedTuple):
    """Implements Size for work without a token."""

    def measure(self, candidates: Candidates, policy: EffectivePolicy, *, hard: bool) -> Measured:
        return Measured(bound=NOTHING, answer_tokens=0, estimate_input=lambda limit: 0)

    def closer(self) -> None:
        """None: nothing cannot be measured closer."""


async def work_without_vendor(
    with_: Collaborators, caller: Principal, request: CallRequest, work: Callable[[], T], *, name: str
) -> T:
    """What the work returns, which runs in a thread; `name` stands for it in the usage log.

    Raises what `plan` and `admit` raise, and what the work raises: then nothing is counted.
    """
    asker, task = asker_of(caller), request.task.value
    access = await with_.directory.access(caller.plan_code, task)
    policy = await with_.directory.policy_at(asker.subject, task, with_.now())
    policy = policy.for_labels(request.tags, request.conversation_id)
    demand = Demand(
        asker=asker,
        task=task,
        model="",
        size=NoTokens(),
        agent_id=request.agent_id,
        tags=request.tags,
        conversation_id=request.conversation_id,
        address=request.address,
    )
    planned = plan_call(demand, access, await with_.directory.models(), policy)
    admitted = await admit(
        planned,
        labels=partial(ledger_labels, caller, request),
        ledger=with_.ledger,
        buckets=with_.buckets,
        background=with_.background,
        lease_s=with_.lease_s,
        now=with_.now,
        waiting=with_.waiting,
    )
    hold, started_at, started_s = admitted.hold, with_.now(), time.monotonic()
    try:
        done = await asyncio.to_thread(work)
    except BaseException:
        ending = release(
            ledger=with_.ledger,
            reservation_id=hold.reservation_id,
            tenant_id=hold.tenant_id,
            reason="the work failed",
            deadline_s=hold.lease_s,
        )
        await asyncio.shield(with_.background.spawn(ending, name="call.end"))
        with_.waiting.ended(hold)
        raise
    attempt = Attempt(
        number=1,
        provider_name=PROVIDER,
        response_model=name,
        started_at=started_at,
        latency_ms=round((time.monotonic() - started_s) * 1000),
    )
    ended = settle(ledger=with_.ledger, hold=hold, attempts=(attempt,))
    await asyncio.shield(with_.background.spawn(ended, name="call.end"))
    with_.waiting.ended(hold)
    return done

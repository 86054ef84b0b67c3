"""One call with its repetitions, as a flow: the only place that knows in which order things are tried."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from gateway_client.errors import GatewayError
from gateway_client.rate_gate import Passage, RateGate
from gateway_client.retries import RetryPolicy
from gateway_client.steps import Close, Flow, Invoke, Next, Reply, Send, Wait

IDEMPOTENCY = "idempotency-key"
Make = Callable[[str], Send | Invoke]
"""What to ask for a model."""
Check = Callable[[Any], None]
"""Raises the GatewayError that the first event of a stream stands for; None stands for a stream without any."""


class Opened(NamedTuple):
    """A good answer, and the first event of its stream; None: it has none."""

    reply: Reply
    first: Any


def first_answer(
    make: Make,
    *,
    models: Sequence[str],
    policy: RetryPolicy,
    gate: RateGate | None = None,
    check: Check | None = None,
) -> Flow[Opened]:
    """The first good answer. `gate`: of the caller's rates; None: the request spends nothing and draws from none.

    `check`: the answer is a stream, of whose first event this is asked.

    1. Each model is tried in turn, the next one only after an error that another model may be spared. That is another
       call: where the caller gave an Idempotency-Key, its own is made of it.
    2. At one model, what failed is tried again as the policy says, under the same Idempotency-Key.
    3. Before every request the gate may have it wait, and every answer tells the gate what is left.
    4. Of a stream the first event belongs to its beginning: one that breaks before it is begun again.

    Raises the error of the last model that was tried.
    """
    *others, last = models
    for number, model in enumerate(others):
        try:
            return (yield from _at_one_model(_keyed(make(model), number), policy, gate, check))
        except GatewayError as error:
            if not policy.falls_back(error):
                raise
    return (yield from _at_one_model(_keyed(make(last), len(others)), policy, gate, check))


def _keyed(step: Send | Invoke, number: int) -> Send | Invoke:
    """With the key of the model that is tried as the first one, the second one and so on."""
    if not number:
        return step
    own = {name: f"{key}-{number}" for name, key in step.headers.items() if name.lower() == IDEMPOTENCY}
    return replace(step, headers={**step.headers, **own})


def _at_one_model(
    step: Send | Invoke, policy: RetryPolicy, gate: RateGate | None, check: Check | None
) -> Flow[Opened]:
    if policy.idempotent and gate is not None:
        step = replace(step, headers={IDEMPOTENCY: str(uuid.uuid4()), **step.headers})
    tries, waited_s = 0, 0.0
    while True:
        try:
            return (yield from _once(step, gate, policy.patience_s, check))
        except GatewayError as error:
            tries += 1
            wait_s = policy.wait_s(error, tries=tries, waited_s=waited_s)
            if wait_s is None:
                raise
        yield Wait(wait_s)
        waited_s += wait_s


def _once(step: Send | Invoke, gate: RateGate | None, patience_s: float, check: Check | None) -> Flow[Opened]:
    if gate is None:
        return (yield from _opened(step, check, lambda headers: None))
    waited_s = 0.0
    while not isinstance(passage := gate.enter(anyway=waited_s >= patience_s), Passage):
        yield Wait(passage)
        waited_s += passage
    try:
        return (yield from _opened(step, check, lambda headers: gate.hear(passage, headers)))
    except GatewayError as error:
        gate.refused(passage, error)
        raise


def _opened(
    step: Send | Invoke, check: Check | None, hear: Callable[[Mapping[str, str]], None]
) -> Flow[Opened]:
    reply: Reply = yield step
    hear(reply.headers)
    if check is None:
        return Opened(reply, None)
    try:
        first = yield Next(reply.body)
        check(first)
    except GatewayError:
        yield Close(reply.body)
        raise
    return Opened(reply, first)

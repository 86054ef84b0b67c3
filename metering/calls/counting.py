"""Count the input of a request that nobody sends: as a request of its caller's rates, and of no budget."""

import asyncio

import msgspec

from metering.admission.bound import estimated_input
from metering.admission.denial import too_few_error
from metering.admission.forms.by_protocol import FORMS
from metering.admission.plan import asker_of, route_call
from metering.calls.begin import CallRequest, adapter_for, demand_of_request
from metering.calls.collaborators import Collaborators
from metering.calls.from_cache import callers_own
from metering.calls.guarding import guarded
from metering.identity.principal import Principal
from metering.ids import uuid7
from metering.ports import AttemptFailed, Progress, TaskRequest, VendorCall
from metering.rates.take import TooFew, take_rates

_encode = msgspec.json.Encoder().encode
TIMEOUT_S = 5.0
"""A vendor that takes longer is not waited for."""


async def count_input(with_: Collaborators, caller: Principal, request: CallRequest) -> int:
    """The tokens of the request's input at the model that would serve it: its vendor's own count where that has one,
    else an estimate.

    Raises NotPermitted, ModelNotFound, InvalidRequest, ContentBlocked, RateLimited and MeteringUnavailable.
    """
    asker, task = asker_of(caller), request.task.value
    access = await with_.directory.access(caller.plan_code, task)
    policy = await with_.directory.policy_at(asker.subject, task, with_.now())
    policy = policy.for_labels(request.tags, request.conversation_id)
    asked, _ = await guarded(request.input, request.input_bytes, policy)
    work = TaskRequest(task=request.task, input=asked, limits=policy.numbers, protocol=request.protocol)
    demand = demand_of_request(with_, asker, request, work)
    route = route_call(demand, access, await with_.directory.models(), policy)
    body = adapter_for(with_, request).opening(work)
    rates = await take_rates(buckets=with_.buckets, limits=callers_own(route.rates), tokens=0)
    if isinstance(rates, TooFew):
        raise too_few_error(rates, with_.now())
    model, form = route.candidates[0], FORMS[request.protocol]
    edited = form.edited(body, model, 1)
    counted = VendorCall(
        provider_name=model.provider_name,
        model=model.physical_name,
        payload=_encode(edited),
        body=edited,
        asked=body,
        output_limit=0,
        traits=model.traits,
        progress=Progress(),
        attempt_id=str(uuid7()),
        timeout_s=TIMEOUT_S,
        first_byte_s=TIMEOUT_S,
        key_of=model.key_of,
        protocol=request.protocol,
        headers=request.headers,
    )
    try:
        found = await with_.vendors.count_input(counted)
    except AttemptFailed:
        found = None
    if found is not None:
        return found
    return await asyncio.to_thread(
        estimated_input,
        body,
        model,
        form=form,
        count_tokens=with_.count_tokens,
        count_picture=with_.count_picture,
    )

"""Answer a call from the cache: as any other call, but that it holds nothing, asks no vendor and costs nothing."""

import asyncio
from dataclasses import dataclass
from functools import partial

from msgspec.structs import replace

from metering.admission.admit import Admitted
from metering.admission.forms.by_protocol import FORMS
from metering.admission.plan import CallPlan
from metering.amounts import NOTHING
from metering.answer_cache.cache import CacheUse
from metering.answer_cache.entry import Entry
from metering.answer_cache.key import key_of
from metering.answer_cache.terms import OFF, Status, Terms, terms_of
from metering.calls.begin import LARGE_INPUT, CallRequest, adapter_for, protocol_headers
from metering.calls.collaborators import Collaborators
from metering.calls.kept_spending import KeptSpending
from metering.calls.overheard import Overheard
from metering.calls.values import Call
from metering.content.capture import capture_for
from metering.idempotency.recording import Recording
from metering.ledger.commands import Attempt
from metering.policy.values import Limits
from metering.ports import Body, TaskRequest
from metering.reservation.bounded_call import BoundedRequest
from metering.types import Dimension, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """What the cache says to a call."""

    terms: Terms
    use: CacheUse | None = None
    """None: it is neither looked up nor kept."""
    entry: Entry | None = None
    """The answer."""


async def cache_terms(
    with_: Collaborators, request: CallRequest, planned: CallPlan[BoundedRequest]
) -> Terms | None:
    """What holds for a planned call for which a rule or its caller may want the cache. None: nobody does."""
    asked = (planned.policy, request.cache, _body(request, planned), request.protocol)
    is_large = request.input_bytes >= LARGE_INPUT
    terms = await asyncio.to_thread(terms_of, *asked) if is_large else terms_of(*asked)
    return OFF if terms is not None and with_.answers is None else terms


async def recall(
    with_: Collaborators, request: CallRequest, planned: CallPlan[BoundedRequest], terms: Terms
) -> Recalled:
    """The kept answer of a planned call, if there is one. Never fails."""
    if with_.answers is None or not terms.is_on:
        return Recalled(terms=terms)
    measured = planned.measured
    make_key = partial(
        key_of,
        tenant_id=planned.demand.asker.subject.tenant_id,
        task=request.task.value,
        models=[(call.model, call.answer_tokens) for call in measured.calls],
        protocol=request.protocol,
        headers=protocol_headers(request, planned),
        body=_body(request, planned),
    )
    key = make_key() if request.input_bytes < LARGE_INPUT else await asyncio.to_thread(make_key)
    use = CacheUse(terms=terms, key=key, protocol=request.protocol)
    entry = await with_.answers.find(use, with_.now()) if terms.status is Status.MISS else None
    if entry is None:
        return Recalled(terms=terms, use=use)
    return Recalled(terms=terms.hit(age_s=entry.age_s(with_.now().timestamp())), use=use, entry=entry)


def without_use(planned: CallPlan[BoundedRequest]) -> CallPlan[BoundedRequest]:
    """The plan of a call that uses nothing: it comes under its caller's rates of requests, and under no budget."""
    route = planned.route
    return replace(
        planned,
        route=replace(
            route,
            candidates=route.candidates[:1],
            limits=(),
            rates=callers_own(route.rates),
            shadow_rates=callers_own(route.shadow_rates),
        ),
        bound=NOTHING,
    )


def answered(
    with_: Collaborators,
    request: CallRequest,
    work: TaskRequest,
    planned: CallPlan[BoundedRequest],
    admitted: Admitted,
    recalled: Recalled,
    *,
    started_s: float,
) -> Call:
    """The admitted call, whose answer is there."""
    entry = recalled.entry
    if with_.answers is None or entry is None:
        raise AssertionError("the answer is there")
    candidates = planned.route.candidates
    served = [model for model in candidates if model.name == entry.model]
    allowance = KeptSpending(
        entry,
        with_.answers.forms[request.protocol],
        hold=admitted.hold,
        model=served[0] if served else candidates[0],
        now=with_.now(),
    )
    return Call(
        hold=admitted.hold,
        policy=planned.policy,
        adapter=adapter_for(with_, request),
        request=work,
        allowance=allowance,
        rates=admitted.rates,
        started_s=started_s,
        granted_s=admitted.granted_s,
        verdicts=admitted.verdicts,
        recording=Recording() if request.idempotency is not None else None,
        capture=capture_for(planned.policy),
        cache=recalled.terms,
    )


def overhear(call: Call, recalled: Recalled) -> Call:
    """The call, whose answer is kept if it is one to keep."""
    heard = Overheard(call.allowance, recalled.use) if recalled.use is not None else None
    return replace(call, cache=recalled.terms, overheard=heard)


def keep(with_: Collaborators, call: Call, attempts: tuple[Attempt, ...]) -> "asyncio.Task[None] | None":
    """Begin to keep the answer of a call that has ended well. None: there is nothing to keep."""
    heard, answers = call.overheard, with_.answers
    if heard is None or answers is None or not heard.is_whole:
        return None
    last = attempts[-1]
    if last.outcome is not Outcome.OK:
        return None
    packed = heard.packed()
    if packed is None:
        answers.too_long()
        return None
    listed = last.list_cost_nano_usd
    entry = Entry(
        tenant=heard.use.key.tenant_id.bytes,
        digest=heard.use.key.digest,
        kept_at_s=with_.now().timestamp(),
        model=call.model.name,
        provider_name=last.provider_name,
        response_model=last.response_model,
        is_streamed=heard.is_streamed,
        is_plain=True,
        list_cost_nano_usd=last.cost_nano_usd if listed is None else listed,
        packed=packed,
    )
    return with_.background.spawn(answers.keep(heard.use, entry), name="answer.keep")


def callers_own(rates: Limits) -> Limits:
    """Rates of requests; those of providers are for calls that reach them."""
    return tuple(rate for rate in rates if rate.dimension is Dimension.REQUESTS and not rate.is_of_provider)


def _body(request: CallRequest, planned: CallPlan[BoundedRequest]) -> Body:
    """The request without what is not sent under a hard budget: who has none may get another answer to it."""
    asked = planned.measured.asked
    return FORMS[request.protocol].within_hard_budget(asked) if planned.hard else asked

"""From a request to an admitted call: what is asked, by whom and how, and the allowance that the call gets."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from msgspec.structs import force_setattr

from metering.admission.admit import Admitted
from metering.admission.bound import (
    PictureCounter,
    TokenCounter,
    bound_request,
    largest_input,
)
from metering.admission.demand import Asker, Candidates, Demand
from metering.admission.denial import no_room_error
from metering.admission.forms.by_protocol import FORMS
from metering.admission.forms.chat import CHAT, RequestForm
from metering.admission.forms.messages import within_hard_budget
from metering.admission.offered_price import OfferedPrice, offered_price
from metering.admission.plan import CallPlan, arranged, asker_of, models_by_name, plan_call
from metering.admission.text_tokens import TextCeiling, no_text
from metering.answer_cache.wish import CacheWish
from metering.calls.collaborators import Collaborators
from metering.calls.guarding import KEY as GUARD
from metering.calls.guarding import guarded
from metering.calls.values import Call
from metering.catalog.served import PlanAccess
from metering.content.capture import capture_for
from metering.content.guard import Guarded
from metering.errors import InputTooLarge, TaskNotAllowed
from metering.idempotency.recording import Recording
from metering.identity.principal import Principal
from metering.labels import CALLER_LABELS, CallerLabels, Labels
from metering.policy.values import EffectivePolicy
from metering.ports import Body, LLMAdapter, TaskRequest
from metering.reservation.allowance import Allowance
from metering.reservation.bounded_call import BoundedRequest
from metering.reservation.journal import Journal
from metering.reservation.reserve import IdempotencyKey
from metering.reservation.running import IN_CHAT, Spoken
from metering.reservation.task_limits import NO_LIMITS, TaskLimits
from metering.rules.registry import TASK_DEFAULTS
from metering.tags import read_tags
from metering.text import normal
from metering.types import Task, WireProtocol

NAMES = ("model", *CALLER_LABELS)
LARGE_INPUT = 256 * 1024
"""Bytes. A larger request is measured in a thread, so that the others need not wait for it."""


class PlannedCall(NamedTuple):
    """A request that may go on to its rate limits and budgets."""

    plan: CallPlan[BoundedRequest]
    """The plan of its first vendor call."""
    work: TaskRequest
    """What the task's adapter gets."""
    seen: Guarded | None
    """What the guard saw in it, and did about it; None: nothing."""


class Offer(NamedTuple):
    """What a name stands for: models, the one that is asked first in front, and what that costs (None: not known)."""

    models: Candidates
    price: OfferedPrice | None


class CallRequest(CallerLabels, frozen=True, kw_only=True, array_like=False):
    """One piece of work for a caller, with the caller's own labels."""

    task: Task
    input: Body
    model: str = ""
    """A model, an alias or a class; empty: the plan's default class."""
    request_id: str
    address: str | None = None
    """Where it came from, if rates of addresses are to count it."""
    idempotency: IdempotencyKey | None = None
    input_bytes: int = 0
    """How long the request was when it came, if it came over a wire."""
    reservation_id: UUID | None = None
    """A UUIDv7 under which the call is to be reserved; None: a new one."""
    work_id: str = ""
    """The same whenever this work is begun again; empty: it is begun once."""
    cache: CacheWish | None = None
    """What the caller says of answers that are kept; None: nothing."""
    journal: Journal | None = None
    """Where the call's attempts are noted besides, so that it can be settled if this process is killed."""
    protocol: WireProtocol = WireProtocol.CHAT
    """In which the input is, and the answer is to be."""
    headers: Mapping[str, str] = {}
    """The caller's headers that belong to its protocol, for a vendor that speaks it."""
    may_wait: bool = True
    """Whether it may wait for room, if a rule lets it. What is put back and begun again later has no need to."""

    def __post_init__(self) -> None:
        """Bring names and tags into their one form, whichever way they came."""
        for name in NAMES:
            text = getattr(self, name)
            if text is not None and not text.isascii():
                force_setattr(self, name, normal(text))
        if self.tags:
            force_setattr(self, "tags", read_tags(self.tags, "tags"))


async def plan(with_: Collaborators, caller: Principal, request: CallRequest) -> PlannedCall:
    """Look up what applies to the caller, have the guard look at the request, and plan its first vendor call.

    Raises what `plan_call` raises, InvalidRequest, ContentBlocked and MeteringUnavailable.
    """
    asker, task = asker_of(caller), request.task.value
    access = await with_.directory.access(caller.plan_code, task)
    policy = await with_.directory.policy_at(asker.subject, task, with_.now())
    if policy.labelled is not None:
        policy = policy.for_labels(request.tags, request.conversation_id)
    models = await with_.directory.models()
    asked, seen = request.input, None
    if GUARD in policy.settings:
        asked, seen = await guarded(asked, request.input_bytes, policy)
    work = TaskRequest(task=request.task, input=asked, limits=policy.numbers, protocol=request.protocol)
    if (defaults := TASK_DEFAULTS[request.task]) and isinstance(access, PlanAccess):
        limits = {**defaults, **policy.numbers}
        work = TaskRequest(
            task=request.task,
            input=asked,
            limits=limits,
            features=access.features,
            workspace=with_.workspace_of(caller, limits["keep_results_days"]),
            work_id=request.work_id,
        )
    demand = demand_of_request(with_, asker, request, work)
    if request.input_bytes < LARGE_INPUT:
        planned = plan_call(demand, access, models, policy)
    else:
        planned = await asyncio.to_thread(plan_call, demand, access, models, policy)
    if len(planned.route.candidates) > 1:
        conversation = conversation_of(caller.tenant_id, request)
        planned = arranged(planned, order_of(with_, planned.measured, conversation))
    return PlannedCall(planned, work, seen)


def conversation_of(tenant_id: UUID, request: CallRequest) -> str | None:
    """The conversation's name, which no other tenant's has, whatever its callers call it."""
    return f"{tenant_id}/{request.conversation_id}" if request.conversation_id else None


def order_of(with_: Collaborators, bounded: BoundedRequest, conversation: str | None) -> Sequence[int]:
    """The places of the models in the order in which they are to be tried."""
    if len(bounded.calls) == 1:
        return (0,)
    models = [call.model for call in bounded.calls]
    costs = [call.bound.cost_nano_usd for call in bounded.calls]
    return with_.vendors.order(models, costs, conversation)


class BodySize(NamedTuple):
    """Implements Size: a request's body, which is measured as docs/pictures.md and admission/bound.py say."""

    opening: Callable[[], Body]
    """Makes the first request of the work; raises InvalidRequest."""
    count_tokens: TokenCounter
    count_picture: PictureCounter
    now: datetime
    """When it is sent, about."""
    text_ceiling: TextCeiling = no_text
    counts_texts: bool = False
    """Whether its texts are counted, instead of their bytes."""
    form: RequestForm = CHAT
    """Its protocol's."""
    input_field: str | None = None
    """Which field of the caller's is too long where the input is; None: several together."""

    def measure(self, candidates: Candidates, policy: EffectivePolicy, *, hard: bool) -> BoundedRequest:
        try:
            return bound_request(
                self.opening(),
                candidates,
                policy,
                count_tokens=self.count_tokens,
                count_picture=self.count_picture,
                text_ceiling=self.text_ceiling if self.counts_texts else no_text,
                hard=hard,
                now=self.now,
                form=self.form,
            )
        except InputTooLarge as refusal:
            refusal.param = self.input_field
            raise

    def closer(self) -> "BodySize | None":
        if self.counts_texts or self.text_ceiling is no_text:
            return None
        return self._replace(counts_texts=True)


def demand_of_request(
    with_: Collaborators, asker: Asker, request: CallRequest, work: TaskRequest
) -> Demand[BoundedRequest]:
    """What a request asks for: its task's first vendor call."""
    opening, form = partial(adapter_for(with_, request).opening, work), FORMS[request.protocol]
    return Demand(
        asker=asker,
        task=request.task.value,
        model=request.model,
        embeds=request.protocol is WireProtocol.EMBEDDINGS,
        size=BodySize(
            opening,
            with_.count_tokens,
            with_.count_picture,
            with_.now(),
            with_.text_ceiling,
            form=form,
            # A task's messages are its adapter's, and hold what several fields of the caller say.
            input_field=form.messages_field if request.task is Task.CHAT else None,
        ),
        agent_id=request.agent_id,
        tags=request.tags,
        conversation_id=request.conversation_id,
        address=request.address,
    )


async def askable_models(with_: Collaborators, caller: Principal, task: str) -> dict[str, Candidates]:
    """Every model, alias and class that the caller may ask for now, with the models that it stands for.

    Raises NotPermitted where it may ask for none, and MeteringUnavailable.
    """
    asker = asker_of(caller)
    access = await with_.directory.access(caller.plan_code, task)
    policy = await with_.directory.policy_at(asker.subject, task, with_.now())
    return models_by_name(asker, task, access, await with_.directory.models(), policy)


async def offered_models(with_: Collaborators, caller: Principal, task: str) -> dict[str, Offer]:
    """Every name of `askable_models`, each with the price in force for this caller. Raises the same errors."""
    found = await askable_models(with_, caller, task)
    policy = await with_.directory.policy_at(asker_of(caller).subject, task, with_.now())
    return {name: Offer(models, offered_price(models[0], policy)) for name, models in found.items()}


def adapter_for(with_: Collaborators, request: CallRequest) -> LLMAdapter:
    """The adapter of the request's task. Raises TaskNotAllowed where nothing serves it."""
    adapter = with_.adapters.get(request.task)
    if adapter is None:
        raise TaskNotAllowed(f"Nothing serves the task {request.task} here.")
    return adapter


def ledger_labels(caller: Principal, request: CallRequest, planned: CallPlan[Any]) -> Labels:
    """Who and what the call belongs to, for the ledger."""
    model = planned.route.candidates[0]
    return Labels(
        request_id=request.request_id,
        task=request.task.value,
        request_model=model.name,
        model_class=planned.route.model_class,
        model_alias=request.model if request.model and request.model != model.name else None,
        provider_name=model.provider_name,
        team_id=caller.team_id,
        user_id=caller.user_id,
        token_id=caller.token_id,
        tags=request.tags,
        **{name: getattr(request, name) for name in CALLER_LABELS},
    )


def protocol_headers(request: CallRequest, planned: CallPlan[BoundedRequest]) -> Mapping[str, str]:
    """Those of the caller's protocol that go to a vendor."""
    is_messages = request.protocol is WireProtocol.MESSAGES
    return within_hard_budget(request.headers) if is_messages and planned.hard else request.headers


def begun(
    with_: Collaborators,
    request: CallRequest,
    work: TaskRequest,
    admitted: Admitted,
    *,
    started_s: float,
) -> Call:
    """The admitted call with its allowance. Nothing is sent yet."""
    planned: CallPlan[BoundedRequest] = admitted.plan
    policy, candidates, hold = planned.policy, planned.route.candidates, admitted.hold
    if policy.variants is not None:
        with_.directory.use.note(hold, policy.variants.meters)

    conversation = conversation_of(hold.tenant_id, request)
    is_counted = planned.demand.size.closer() is None

    def bound(body: Body) -> BoundedRequest:
        further = bound_request(
            body,
            candidates,
            policy,
            count_tokens=with_.count_tokens,
            count_picture=with_.count_picture,
            text_ceiling=with_.text_ceiling if is_counted else no_text,
            hard=planned.hard,
            now=with_.now(),
            form=FORMS[request.protocol],
        )
        return further.arranged(order_of(with_, further, conversation)) if len(further.calls) > 1 else further

    allowance = Allowance(
        hold=hold,
        opening=planned.measured,
        bound=bound,
        name_denial=no_room_error,
        ledger=with_.ledger,
        vendors=with_.vendors,
        now=with_.now,
        journal=request.journal,
        limits=TaskLimits.of(work.limits) if TASK_DEFAULTS[request.task] else NO_LIMITS,
        input_limit=largest_input(candidates[0], policy),
        count_tokens=with_.count_tokens,
        meant_for=hold.labels.request_model,
        conversation=conversation,
        spoken=Spoken(protocol=request.protocol, headers=protocol_headers(request, planned))
        if request.protocol is not WireProtocol.CHAT
        else IN_CHAT,
    )
    return Call(
        hold=hold,
        policy=policy,
        adapter=adapter_for(with_, request),
        request=work,
        allowance=allowance,
        rates=admitted.rates,
        started_s=started_s,
        granted_s=admitted.granted_s,
        waited_s=admitted.waited_s,
        verdicts=admitted.verdicts,
        recording=Recording() if request.idempotency is not None else None,
        capture=capture_for(policy),
    )

"""Plan a call: who serves it, under which limits, and how much it may use.

`plan_call` answers every question that can be answered without asking the ledger or a rate limit. It is pure. The
questions come in this order, and the first that says no decides:

1. May this caller call at all, and does its token allow the task?
2. Does its plan contain the task, and which model classes?
3. Which of those does the rule `max_class` leave? Has the call the tags that `required_tags` wants?
4. Which allowed model does the request's name stand for, and can it do that?
5. Can what it asks for be priced, and is its input small enough?

What is left is asked by `admit` (admission/admit.py): are there rates and room for it?
"""

import copy
from collections.abc import Sequence
from typing import Generic

from msgspec import Struct, structs

from metering.admission.demand import Asker, Candidates, Demand, M
from metering.admission.denial import tag_required_error
from metering.admission.verdicts import RuleVerdict, setting_verdicts
from metering.amounts import Amounts
from metering.catalog.served import (
    ModelIndex,
    PlanAccess,
    able_to,
    check_task,
    choose_models,
    served_by_name,
)
from metering.errors import (
    InputTooLarge,
    ModelNotAllowed,
    ModelNotFound,
    NotPermitted,
    UnpriceableRequest,
)
from metering.identity.principal import Principal
from metering.policy.values import EffectivePolicy, Limits, MeterLimits, PolicySubject
from metering.reservation.bounded_call import BoundedRequest
from metering.reservation.reserve import has_hard_budget
from metering.tags import missing_keys
from metering.types import ModelClass

Access = PlanAccess | NotPermitted
"""What a plan allows for a task, or why it allows nothing."""


class Route(Struct, frozen=True, kw_only=True):
    """The models that may serve a call, the one to try first in front, and every limit that it comes under."""

    candidates: Candidates
    model_class: str
    """Under whose limits it counts, whichever model serves it."""
    limits: MeterLimits
    """Budgets and limits on calls at once."""
    rates: Limits
    shadow_rates: Limits


class CallPlan(Struct, Generic[M], frozen=True, kw_only=True):
    """All that an admitted call needs room for, and where."""

    demand: Demand[M]
    route: Route
    policy: EffectivePolicy
    hard: bool
    """Whether an enforced budget counts what a vendor charges for."""
    measured: M
    bound: Amounts
    """What is to be held: room for any of the candidates, or where there is not so much for the first."""
    verdicts: tuple[RuleVerdict, ...]
    """Settings in shadow that would have refused or clamped the call."""


def asker_of(principal: Principal, *, plan: str | None = None) -> Asker:
    """The caller, on the token's plan or another."""
    return Asker(
        subject=PolicySubject(
            principal.tenant_id,
            plan or principal.plan_code,
            principal.team_id,
            principal.user_id,
            principal.token_id,
        ),
        allowed_tasks=principal.allowed_tasks,
        allowed_models=principal.allowed_models,
    )


def plan_call(demand: Demand[M], access: Access, models: ModelIndex, policy: EffectivePolicy) -> CallPlan[M]:
    """The plan of a call under the policy in force. Where a rule sends it to a cheaper class of which no model can take
    it, it is planned as if the rule were not there.

    Raises NotPermitted, ModelNotFound, UnpriceableRequest, InputTooLarge, and what the caller's standing raises.
    """
    route = route_call(demand, access, models, policy)
    try:
        return planned_over(demand, route, policy)
    except (UnpriceableRequest, InputTooLarge):
        if not policy.choice("cheaper_class", ""):
            raise
    return planned_over(demand, route_call(demand, access, models, policy, may_be_cheaper=False), policy)


def planned_over(demand: Demand[M], route: Route, policy: EffectivePolicy) -> CallPlan[M]:
    """Answer question 5: measure the demand at the models of its route, and make the plan."""
    hard = has_hard_budget(route.limits)
    measured = demand.size.measure(route.candidates, policy, hard=hard)
    return CallPlan(
        demand=demand,
        route=route,
        policy=policy,
        hard=hard,
        measured=measured,
        bound=measured.bound,
        verdicts=tuple(setting_verdicts(policy, measured, route.candidates[0], demand.tags))
        if policy.shadow_settings
        else (),
    )


def route_call(
    demand: Demand[M],
    access: Access,
    models: ModelIndex,
    policy: EffectivePolicy,
    *,
    may_be_cheaper: bool = True,
) -> Route:
    """Questions 1 to 4. `may_be_cheaper`: the rule `cheaper_class` is followed. It is about answers in words: an
    embedding of another model is of no use.

    Raises NotPermitted, ModelNotFound, InvalidRequest and what the caller's standing raises.
    """
    asker = demand.asker
    allowed = _classes_for(asker, demand.task, access, policy)
    if policy.required_tags and (missing := missing_keys(policy.required_tags, demand.tags)):
        raise tag_required_error(missing)
    found = choose_models(models, allowed, demand.model, narrowed_to=asker.allowed_models)
    found = able_to(found, embed=demand.embeds)
    cheaper = policy.choice("cheaper_class", "") if may_be_cheaper and not demand.embeds else ""
    if cheaper:
        found = _of_cheaper_class(found, cheaper, models, allowed, asker)
    if len(found) > 1 and policy.has_class_limits:
        found = tuple([model for model in found if model.model_class == found[0].model_class])
    if policy.own_keys:
        tenant_id = asker.subject.tenant_id
        found = tuple(
            [
                model.with_own_key_of(tenant_id) if model.provider_name in policy.own_keys else model
                for model in found
            ]
        )
    return _route_over(found, found[0].model_class, demand, policy)


def _of_cheaper_class(
    found: Candidates, cheaper: str, models: ModelIndex, allowed: PlanAccess, asker: Asker
) -> Candidates:
    """The models that are no dearer than a class; where none is, those of that class, if that is allowed."""
    ranks = list(ModelClass)
    most = ranks.index(ModelClass(cheaper))
    cheap = tuple([model for model in found if ranks.index(ModelClass(model.model_class)) <= most])
    if cheap or cheaper not in allowed.classes:
        return cheap or found
    try:
        return choose_models(models, allowed, cheaper, narrowed_to=asker.allowed_models)
    except (ModelNotFound, ModelNotAllowed):
        return found  # no model of that class is there for this token


def _route_over(
    candidates: Candidates, model_class: str, demand: Demand[M], policy: EffectivePolicy
) -> Route:
    """The limits of a call to these models. Rates are drawn of the provider that is to be tried first."""
    providers = tuple([model.provider_name for model in candidates])
    if len(providers) > 1:
        providers = tuple(dict.fromkeys(providers))
    first, agent_id, address = providers[0], demand.agent_id, demand.address
    return Route(
        candidates=candidates,
        model_class=model_class,
        limits=policy.limits_for(providers, agent_id, model_class),
        rates=policy.rates.for_call(provider=first, agent_id=agent_id, address=address),
        shadow_rates=policy.shadow_rates.for_call(provider=first, agent_id=agent_id, address=address)
        if policy.observes
        else (),
    )


def over_candidates(plan: CallPlan[M], candidates: Candidates) -> CallPlan[M]:
    """The same call at these models alone, in this order."""
    route = _route_over(candidates, plan.route.model_class, plan.demand, plan.policy)
    return planned_over(plan.demand, route, plan.policy)


def arranged(plan: CallPlan[BoundedRequest], places: Sequence[int]) -> CallPlan[BoundedRequest]:
    """The plan with the models that can serve it in the order in which they are to be tried."""
    measured = plan.measured.arranged(places)
    candidates = tuple([call.model for call in measured.calls])
    route = _route_over(candidates, plan.route.model_class, plan.demand, plan.policy)
    return structs.replace(plan, route=route, measured=measured)


def models_by_name(
    asker: Asker, task: str, access: Access, models: ModelIndex, policy: EffectivePolicy
) -> dict[str, Candidates]:
    """Every model, alias and class that the caller may ask for now, with the models that it stands for.

    Raises NotPermitted where the caller may ask for none, as a call would be refused.
    """
    allowed = _classes_for(asker, task, access, policy)
    return served_by_name(models, allowed, narrowed_to=asker.allowed_models)


def _classes_for(asker: Asker, task: str, access: Access, policy: EffectivePolicy) -> PlanAccess:
    """Answer questions 1 to 3: return the model classes that are left to the caller."""
    if asker.refusal is not None:
        raise asker.refusal
    check_task(task, narrowed_to=asker.allowed_tasks)
    if isinstance(access, NotPermitted):
        raise copy.copy(access)  # one that is raised twice would keep both callers' frames alive
    dearest = policy.choice("max_class", "")
    return access.up_to(dearest) if dearest else access

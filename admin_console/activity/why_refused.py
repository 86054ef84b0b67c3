"""Why a call was refused: which limit, what it had left, and what to do about it."""

from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from admin_console.activity.trace import trace_table
from admin_console.activity.words import outcome, refused_for, rule_amount, rule_name
from admin_console.audience import Audience
from admin_console.pages import AUDIENCE_OF
from admin_console.who import Viewer
from admin_console.wording import count, when
from metering.activity.names import Names
from metering.activity.story import Refusal
from metering.decisions.told import NOT_TOLD
from metering.models import Budget, PolicyRule
from metering.policy.meter_limits import SHARED
from metering.rules.registry import keys_of
from metering.simulation.report import is_of_shared
from metering.types import TENANT_SCOPES, Scope, Setter, SubjectType

WHAT_TO_DO = {
    "budget_exceeded": "Wait until the window resets, ask for less output, or raise the budget.",
    "budget_reserved": "Try again in a moment: calls under way hold the rest, most of which comes free when they end.",
    "concurrency_exceeded": "Wait for a call to end, send fewer at once, or raise the limit on calls at once.",
    "rate_limited": "Send fewer calls a minute; SDKs wait for as long as Retry-After says and try again.",
    "over_rate_capacity": "Waiting does not help: send a smaller request, or raise the rate.",
    "input_too_large": "Send less text, ask a model with a larger context, or raise the limit on tokens in.",
    "task_not_allowed": "Choose a plan or a token that has this task.",
    "model_not_allowed": "Ask for a model of a class that the plan and the token allow, or change the plan.",
    "feature_not_in_plan": "Choose a plan with this feature.",
    "tenant_suspended": "The tenant's status has to become active again before any of its credentials works.",
    "token_expired": "Issue a new token, or rotate this one, and put it where the old one is used.",
    "invalid_credential": "Use a live token: this one was revoked, is another network's, or its owner is gone.",
    "unpriceable_request": "Leave out the option whose cost cannot be bounded, or take the hard budget away.",
    "content_blocked": "Take out what the message names: the rule guard_content has such requests refused.",
    "tag_required": "Send the tag that the plan asks for with each call.",
}

KEY_OF = {"input_too_large": "max_tokens_in", "concurrency_exceeded": "max_concurrent"}
"""The rule behind a refusal that names none of its own."""
NARROW = frozenset(TENANT_SCOPES) - {Scope.TENANT}
OF_BUDGETS = ("budget_exceeded", "budget_reserved")


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitLink:
    """Where the limit stands, and what may be done there."""

    text: str
    url: str


def why_refused(refusal: Refusal, names: Names, viewer: Viewer, zone: tzinfo) -> dict[str, Any]:
    """Return why a call was refused, for the page's template."""
    line, decision = refusal.line, refusal.decision
    is_shared = viewer.tenant is not None and is_of_shared(decision.trace, decision.rule_id)
    return {
        "label": outcome(line),
        "reason": refused_for(line),
        "message": NOT_TOLD if is_shared else line.message,
        "rule": rule_name(line.rule) if line.rule != line.code else "",
        "amount": _limit_amount(refusal),
        "times": count(line.times),
        "is_many": line.times > 1,
        "is_while": line.last_at is not None and line.last_at != line.at,
        "first": when(line.at, zone),
        "last": when(line.last_at, zone),
        "what_to_do": WHAT_TO_DO.get(line.code, ""),
        "limit_links": _limit_links(refusal, names, viewer),
        "who_may": _who_may(refusal, viewer),
        "trace": trace_table(decision.trace, names, with_shared=viewer.tenant is None),
    }


def _limit_amount(refusal: Refusal) -> str:
    limit = refusal.limit
    if isinstance(limit, Budget):
        return rule_amount(refusal.line.rule, limit.amount)
    return "" if limit is None else rule_amount(limit.key, limit.value)


def _limit_links(refusal: Refusal, names: Names, viewer: Viewer) -> list[LimitLink]:
    """To the limit, for who may raise it; to the own budgets for everybody else."""
    if not viewer.is_in(Audience.OPERATORS):
        pages = {"budgets": "See the budgets"} if refusal.line.code in OF_BUDGETS else {}
        pages |= {"limits": "Set your own limits"} if _is_tenants_own(refusal.limit) else {}
        ask = _ask_link(refusal)
        may = {
            name: text
            for name, text in pages.items()
            if name in AUDIENCE_OF and viewer.is_in(AUDIENCE_OF[name])
        }
        return [*ask, *(LimitLink(text=text, url=reverse(f"admin:{name}")) for name, text in may.items())]
    limit, tenant = refusal.limit, names.tenants.get(refusal.line.tenant_id)
    found = []
    if limit is not None:
        noun = "budget" if isinstance(limit, Budget) else "policyrule"
        url = reverse(f"admin:metering_{noun}_change", args=[limit.pk])
        found.append(LimitLink(text="Look at the limit and raise it", url=url))
    key = limit.key if isinstance(limit, PolicyRule) else KEY_OF.get(refusal.line.code)
    if key in keys_of(Scope.TENANT) and tenant is not None:
        url = f"{reverse('admin:tenant_limit', args=[tenant.slug])}?{urlencode({'key': key})}"
        found.append(LimitLink(text=f"Raise it for {tenant.name} alone", url=url))
    return found


def _ask_link(refusal: Refusal) -> list[LimitLink]:
    """To ask for more of a budget that the gateway's operators set and that no other tenant uses."""
    limit, line = refusal.limit, refusal.line
    if not isinstance(limit, Budget) or limit.set_by == Setter.TENANT or limit.per in SHARED:
        return []
    subject = {
        SubjectType.TENANT: line.tenant_id,
        SubjectType.USER: line.user_id or line.token_id,
        SubjectType.TOKEN: line.token_id,
        SubjectType.TEAM: line.team_id,
    }.get(SubjectType(limit.per))
    named = {"subject": str(subject)} if subject is not None else {}
    query = urlencode({"budget": str(limit.pk), **named})
    return [LimitLink(text="Ask for more", url=f"{reverse('admin:quota_ask')}?{query}")]


def _is_tenants_own(limit: Budget | PolicyRule | None) -> bool:
    """Whether the tenant's administrators set it: it is about one of theirs."""
    return limit is not None and limit.scope in NARROW


def _who_may(refusal: Refusal, viewer: Viewer) -> str:
    """Who else can raise it, for who cannot."""
    if viewer.is_in(Audience.OPERATORS) or not refusal.line.rule or refusal.line.rule == refusal.line.code:
        return ""
    if viewer.own_only:
        return "An administrator of your tenant can see to it."
    return "" if _is_tenants_own(refusal.limit) else "The gateway's operator sets this limit: ask for more."

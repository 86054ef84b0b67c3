"""/api/policy/simulate: one request, or the usage log of a period, under another plan, rule set or time."""

from datetime import timedelta
from functools import partial
from typing import Any

from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.authentication import caller_of
from gateway_project.api.catalog.load_document import load_document
from gateway_project.api.input import StrictInput
from gateway_project.api.moment import IN_ZONE, Moment, placed_for
from gateway_project.api.permissions import IsTenantAdmin
from gateway_project.api.policy.asked import asked_about
from gateway_project.api.policy.fields import (
    TAG,
    DecisionOut,
    RequestIn,
    WhoIn,
    cache_facts,
    demand_of,
    levels_at,
    vendor_news_at,
)
from gateway_project.api.reach import tenant_in_reach_or_all
from gateway_project.api.views import ApiView
from metering.errors import InvalidRequest, NotPermitted
from metering.models import Tenant, User
from metering.policy.source import LoadCatalog, read_policy_source
from metering.simulation.explain import explain_call
from metering.simulation.replay_at_once import MAX_CALLS, replay_at_once
from metering.simulation.report import decision_facts, replay_facts
from metering.simulation.with_rule import with_rule


class ReasonOut(serializers.Serializer[Any]):
    rule = serializers.CharField()
    code = serializers.CharField()
    calls = serializers.IntegerField()
    cost_usd = serializers.CharField()


class ReplayOut(serializers.Serializer[Any]):
    """What would have become of the period's calls. `unknown`: of tokens that are gone; they count as allowed."""

    calls = serializers.IntegerField()
    denied = serializers.IntegerField()
    shortened = serializers.IntegerField()
    unknown = serializers.IntegerField()
    stopped_early = serializers.BooleanField(
        help_text=f"There are more than {MAX_CALLS} calls in the period."
    )
    cost_usd = serializers.CharField()
    cost_after_usd = serializers.CharField()
    difference_usd = serializers.CharField()
    denied_by = ReasonOut(many=True)
    would_be_denied_by = ReasonOut(many=True)


class RuleIn(StrictInput):
    """As if the tenant (for super admins who name none: the gateway) had this rule."""

    key = serializers.CharField(max_length=64)
    value = serializers.JSONField(help_text="A number or a word, as the key takes it.")
    task = serializers.CharField(max_length=32, default=None, allow_null=True, help_text="None: every task.")
    when = serializers.DictField(default=dict, help_text="Conditions.")


class Simulate(ApiView):
    permission_classes = [IsTenantAdmin]

    class Input(WhoIn):
        class Period(StrictInput):
            since = Moment(help_text=IN_ZONE)
            until = Moment(default=None, allow_null=True, help_text=IN_ZONE)
            shift_hours = serializers.FloatField(min_value=-8760, max_value=8760, default=0)

        plan = serializers.CharField(max_length=32, default=None, allow_null=True, help_text="A plan's code.")
        catalog = serializers.DictField(
            default=None,
            allow_null=True,
            help_text="For super admins: as if this catalog document were loaded.",
        )
        rule = RuleIn(default=None, allow_null=True)
        request = RequestIn(default=None, allow_null=True)
        period = Period(default=None, allow_null=True)

    class Output(serializers.Serializer[Any]):
        decision = DecisionOut(required=False, help_text="Of one request.")
        replay = ReplayOut(required=False, help_text="Of a period.")

    @extend_schema(request=Input, responses=Output, tags=TAG)
    def post(self, request: Request) -> Response:
        """What would happen, or would have happened. Nothing is changed and nothing is sent."""
        given = self.valid(self.Input, request.data)
        if (given["request"] is None) is (given["period"] is None):
            raise InvalidRequest("Name either a request or a period.", param="request")
        if given["request"] is not None:
            return Response(self.Output({"decision": self._one(request, given)}).data)
        return Response(self.Output({"replay": self._period(request, given)}).data)

    def _one(self, request: Request, given: dict[str, Any]) -> dict[str, Any]:
        tenant, asker, moment = asked_about(
            request, given, plan=given["plan"], call=given["request"], now=now()
        )
        source = read_policy_source(tenant=tenant, after=_change(request, given, tenant))
        decision = explain_call(
            source=source,
            demand=demand_of(asker, given["request"], moment),
            now=moment,
            levels=levels_at(given["request"]),
            vendor_news=vendor_news_at(given["request"]),
        )
        cache = cache_facts(source, asker, given["request"], moment)
        return decision_facts(decision, with_shared=_is_operator(request), cache=cache)

    def _period(self, request: Request, given: dict[str, Any]) -> dict[str, Any]:
        period = given["period"]
        _check_whole_tenant(given)
        tenant = tenant_in_reach_or_all(request, given["tenant"])
        placed_for(tenant, period, "since", "until")
        replayed = replay_at_once(
            tenant=tenant,
            since=period["since"],
            until=period["until"] or now(),
            plan=given["plan"],
            shift=timedelta(hours=period["shift_hours"]),
            after=_change(request, given, tenant),
        )
        return replay_facts(replayed)


def _check_whole_tenant(given: dict[str, Any]) -> None:
    """Raise InvalidRequest where somebody is named whose calls are not told apart."""
    for name in ("team", "user", "token"):
        if given[name]:
            raise InvalidRequest(
                f"A period is of a whole tenant's calls, or of everybody's: name no {name}.", param=name
            )


def _is_operator(request: Request) -> bool:
    return caller_of(request).role == User.Role.SUPER_ADMIN


def _change(request: Request, given: dict[str, Any], tenant: Tenant | None) -> LoadCatalog | None:
    """What is tried before the rules are read, and then undone."""
    if given["rule"] is None:
        return _loading(request, given["catalog"])
    if given["catalog"] is not None:
        raise InvalidRequest("Try either a rule or a catalog.", param="rule")
    return with_rule(tenant=tenant, now=now(), **given["rule"])


def _loading(request: Request, document: dict[str, Any] | None) -> LoadCatalog | None:
    if document is None:
        return None
    if not _is_operator(request):
        raise NotPermitted("Only the gateway's own administrators may try another catalog.")
    return partial(load_document, document, actor=caller_of(request).actor, now=now())

"""/api/policy/explain: what would become of a request of the caller's, or of somebody's in an administrator's reach."""

from django.utils.timezone import now
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.authentication import caller_of
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
from gateway_project.api.query import asks
from gateway_project.api.reach import tenant_or_all
from gateway_project.api.views import ApiView
from metering.models import User
from metering.policy.source import read_policy_source
from metering.simulation.explain import explain_call
from metering.simulation.report import decision_facts


class Explain(ApiView):
    class Input(RequestIn, WhoIn):
        pass

    @asks(Input, responses=DecisionOut, tags=TAG)
    def get(self, request: Request) -> Response:
        """The decision with its whole trace, on balances and rates as they are. Nothing is held, drawn or sent."""
        given = self.valid(self.Input, request.query_params.dict())
        tenant_or_all(request)  # `?tenant=` means the same on every route
        tenant, asker, moment = asked_about(request, given, plan=None, call=given, now=now())
        source = read_policy_source(tenant=tenant)
        decision = explain_call(
            source=source,
            demand=demand_of(asker, given, moment),
            now=moment,
            levels=levels_at(given),
            vendor_news=vendor_news_at(given),
        )
        sees_all = caller_of(request).role == User.Role.SUPER_ADMIN
        cache = cache_facts(source, asker, given, moment)
        return Response(DecisionOut(decision_facts(decision, with_shared=sees_all, cache=cache)).data)

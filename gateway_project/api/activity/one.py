"""GET /api/activity/{id}: all that is known of one call or refusal."""

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.activity.asked import within_reach
from gateway_project.api.activity.rows import StoryOut
from gateway_project.api.authentication import caller_of
from gateway_project.api.query import asks
from gateway_project.api.schema import TENANT
from gateway_project.api.views import ApiView
from metering.activity.facts import refusal_facts, story_facts
from metering.activity.names import Names
from metering.activity.story import Refusal, story_of
from metering.models import User


class OneActivity(ApiView):
    @asks(TENANT, responses=StoryOut, tags=["activity"])
    def get(self, request: Request, id: UUID) -> Response:
        """A call: its hold, attempts, entries, what its meters showed before and after, and the alerts that it raised.
        A refusal: which rule, and what every other one had said.
        """
        told = story_of(id, within_reach(request))
        names = Names.of([told.line])
        facts: dict[str, Any]
        if isinstance(told, Refusal):
            with_shared = caller_of(request).role == User.Role.SUPER_ADMIN
            facts = refusal_facts(told, names, with_shared=with_shared)
        else:
            facts = story_facts(told, names)
        return Response(facts)

"""GET /api/activity and /api/activity/histogram: calls and refusals as one list, and counted."""

from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.activity.asked import AskedIn, asked_in_reach, within_reach
from gateway_project.api.activity.rows import ActivityPage, HistogramOut
from gateway_project.api.keyset import cursor_of, key_page
from gateway_project.api.pagination import limit_of
from gateway_project.api.query import asks
from gateway_project.api.views import ApiView
from metering.activity.asked import Asked
from metering.activity.facts import histogram_facts, line_facts
from metering.activity.histogram import histogram
from metering.activity.log import Page, activity_page
from metering.activity.names import Names
from metering.activity.search import MAX_TEXT, find
from metering.usage.filters import zone_of


class Activity(ApiView):
    class Input(AskedIn):
        q = serializers.CharField(
            default="",
            allow_blank=True,
            max_length=MAX_TEXT,
            help_text="Any id of a call or a refusal, a request's or trace's id, an idempotency key: of any time. "
            "An e-mail address, a token's prefix or a conversation: within the range.",
        )
        cursor = serializers.CharField(default=None, help_text="From `next` of another page.")
        limit = serializers.IntegerField(default=None, help_text="Lines in a page, up to 200; 50 by default.")

    @asks(Input, responses=ActivityPage, tags=["activity"])
    def get(self, request: Request) -> Response:
        """Calls and refusals, newest first; pages hold still while calls are made.

        Members see their own, administrators their tenant's, super admins everybody's. Refusals are kept for 90 days,
        and know no provider, conversation or agent: such a filter leaves them out.
        """
        asked = self.valid(self.Input, request.query_params)
        chosen = asked_in_reach(request, asked)
        before, limit = cursor_of(request, UUID), limit_of(request)
        pinned = {"since": chosen.since.isoformat(), "until": chosen.until.isoformat()}
        name = None
        if asked["q"]:
            found = find(asked["q"], within_reach(request))
            if not found.column:
                return _answer(request, Page(lines=list(found.lines), next=None), pinned, None)
            chosen, name = chosen.narrowed(found.column, found.value), found.name
        return _answer(request, activity_page(chosen, limit=limit, before=before), pinned, name)


class ActivityHistogram(ApiView):
    @asks(AskedIn, responses=HistogramOut, tags=["activity"])
    def get(self, request: Request) -> Response:
        """The same calls and refusals, counted by how they ended, in at most 60 equal parts of the range."""
        chosen: Asked = asked_in_reach(request, self.valid(AskedIn, request.query_params))
        return Response(histogram_facts(histogram(chosen, zone=zone_of(chosen.tenant))))


def _answer(request: Request, page: Page, pinned: dict[str, str], narrowed_to: str | None) -> Response:
    names = Names.of(page.lines)
    lines = [line_facts(line, names) for line in page.lines]
    return key_page(request, lines, page.next, pinned=pinned, narrowed_to=narrowed_to)

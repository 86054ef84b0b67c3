"""GET /api/audit/export: the trail as CSV."""

from django.http import StreamingHttpResponse
from drf_spectacular.utils import OpenApiTypes
from rest_framework.request import Request

from gateway_project.api.audit.asked import AskedIn, trail_in_reach, words_of
from gateway_project.api.audit.trail import TAG
from gateway_project.api.authentication import caller_of
from gateway_project.api.permissions import IsTenantAdmin
from gateway_project.api.query import asks
from gateway_project.api.views import ApiView
from metering.audit_trail.lines import trail_as_csv


class TrailExport(ApiView):
    permission_classes = [IsTenantAdmin]

    class Input(AskedIn):
        pass

    @asks(Input, responses={(200, "text/csv"): OpenApiTypes.STR}, tags=TAG)
    def get(self, request: Request) -> StreamingHttpResponse:
        """The trail as CSV, of 100,000 changes at most. Texts that a spreadsheet would run are quoted."""
        asked = self.valid(self.Input, request.query_params)
        chosen, zone = trail_in_reach(request, asked)
        return StreamingHttpResponse(
            trail_as_csv(chosen, words=words_of(asked), tenant=caller_of(request).tenant, zone=zone),
            content_type="text/csv; charset=utf-8",
            headers={"content-disposition": 'attachment; filename="audit.csv"', "cache-control": "no-store"},
        )

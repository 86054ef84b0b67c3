"""/api/drafting/{id}: drafts that are kept for their owner."""

from uuid import UUID

import msgspec
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from adapters.drafting.docx_file import MEDIA_TYPE, as_docx
from adapters.drafting.draft import Draft
from adapters.drafting.result import result_of
from gateway_project.api.authentication import principal_of
from gateway_project.api.tasks.routes import Drafting
from gateway_project.api.views import ApiView
from metering.errors import NotFound
from metering.jobs.drafts import own_draft
from metering.seal import CannotOpen, unseal

TAG = ["tasks"]


class OneDraft(ApiView):
    @extend_schema(responses=Drafting.Output, tags=TAG)
    def get(self, request: Request, pk: UUID) -> Response:
        """A draft as far as it is finished. It expires some time after its last change (rule `keep_results_days`)."""
        return Response(result_of(kept_draft(request, pk)))

    @extend_schema(responses={204: None}, tags=TAG)
    def delete(self, request: Request, pk: UUID) -> Response:
        """Delete a draft, with the disclosure that it was begun with."""
        own_draft(principal_of(request), pk).delete()
        return Response(status=204)


class DraftDocx(ApiView):
    @extend_schema(responses={(200, MEDIA_TYPE): bytes}, tags=TAG)
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """A draft as a file for word processors."""
        return HttpResponse(
            as_docx(kept_draft(request, pk)),
            content_type=MEDIA_TYPE,
            headers={"content-disposition": f'attachment; filename="draft-{pk}.docx"'},
        )


def kept_draft(request: Request, pk: UUID) -> Draft:
    """The caller's draft. Raises NotFound."""
    row = own_draft(principal_of(request), pk)
    try:
        return msgspec.msgpack.decode(unseal(bytes(row.content)), type=Draft)
    except CannotOpen:
        raise NotFound("The key that the draft was sealed with is gone.") from None

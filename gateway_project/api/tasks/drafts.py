"""/api/drafting/{id}: drafts that are kept for their owner."""

from uuid import UUID

import msgspec
from django.http import HttpResponse
from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from adapters.drafting.docx_file import MEDIA_TYPE, as_docx
from adapters.drafting.draft import Draft
from adapters.drafting.markdown import as_markdown
from adapters.drafting.result import result_of
from gateway_project.api.authentication import principal_of
from gateway_project.api.tasks.routes import DraftOut, Markdown
from gateway_project.api.tasks.running import EventStream, form_wanted
from gateway_project.api.views import ApiView
from metering.jobs.drafts import opened, own_draft

TAG = ["tasks"]


class Docx(EventStream):
    """The same for a file of word processors."""

    media_type = MEDIA_TYPE
    format = "docx"


class OneDraft(ApiView):
    renderer_classes = (JSONRenderer, Markdown)

    @extend_schema(responses={(200, "application/json"): DraftOut, (200, Markdown.media_type): str}, tags=TAG)
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """A draft as far as it is finished. It expires some time after its last change (rule `keep_results_days`)."""
        draft = kept_draft(request, pk)
        if form_wanted(request) == Markdown.media_type:
            return HttpResponse(as_markdown(draft), content_type=f"{Markdown.media_type}; charset=utf-8")
        return Response(result_of(draft))

    @extend_schema(responses={204: None}, tags=TAG)
    def delete(self, request: Request, pk: UUID) -> Response:
        """Delete a draft, with the disclosure that it was begun with. A request that works on it ends with 404."""
        own_draft(principal_of(request), pk, now()).delete()
        return Response(status=204)


class DraftDocx(ApiView):
    renderer_classes = (JSONRenderer, Docx)  # so that a client may ask for that type

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
    row = own_draft(principal_of(request), pk, now())
    return msgspec.msgpack.decode(opened(row), type=Draft)

"""GET /api/schema and /api/docs: the OpenAPI document, and the page that shows it. The same for everybody.

The document takes a processor for a second, and anybody may ask: so each process makes it once.
"""

import threading
from hashlib import sha256

from django.http import HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiJsonRenderer2
from drf_spectacular.utils import OpenApiParameter, extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.renderers import JSONRenderer, TemplateHTMLRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.query import asks
from gateway_project.api.views import PublicView


class OnceMade:
    """The document as text, with its ETag. Who asks while it is made waits: drf-spectacular makes one at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: tuple[bytes, str] | None = None

    def get(self) -> tuple[bytes, str]:
        """The text and its ETag."""
        if self._made is None:
            with self._lock:
                if self._made is None:
                    self._made = _make()
        return self._made


def _make() -> tuple[bytes, str]:
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    text = OpenApiJsonRenderer().render(schema)
    return text, f'"{sha256(text).hexdigest()[:32]}"'


once_made = OnceMade()


class Document(PublicView):
    renderer_classes = [OpenApiJsonRenderer, OpenApiJsonRenderer2]

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponseBase:
        """The OpenAPI document."""
        text, etag = once_made.get()
        response = HttpResponse(text, content_type=request.accepted_renderer.media_type)
        response["Content-Disposition"] = 'inline; filename="llm-service-gateway.json"'
        response["Cache-Control"] = "public, max-age=0, must-revalidate"
        response["ETag"] = etag
        return get_conditional_response(request._request, etag=etag, response=response) or response


class DocumentPage(PublicView, SpectacularSwaggerSplitView):
    """Its script is an address of its own: pages run nothing inline."""

    renderer_classes = [TemplateHTMLRenderer]
    url_name = "api:schema"

    @asks(OpenApiParameter("script"), OpenApiParameter("lang"), exclude=True)
    def get(self, request: Request) -> Response:
        """The page; with `script` what it runs."""
        answer: Response = super().get(request)  # type: ignore[no-untyped-call]
        return answer

    def handle_exception(self, exc: Exception) -> Response:
        """Refusals have the one shape here too."""
        self.request.accepted_renderer = JSONRenderer()
        self.request.accepted_media_type = JSONRenderer.media_type
        answer: Response = super().handle_exception(exc)
        return answer

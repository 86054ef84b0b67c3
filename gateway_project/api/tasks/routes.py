"""The tasks' own routes. `Prefer: respond-async` makes a job of a request, `Accept: text/event-stream` a stream.

What a field may say is checked by the task's adapter, for a route and a job alike.
"""

from typing import Any

from django.http import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from gateway_project.api.input import StrictInput
from gateway_project.api.tasks.jobs import start_job
from gateway_project.api.tasks.running import answer_in_events, answer_whole, call_of
from gateway_project.api.views import ApiView
from metering.types import Task

TAG = ["tasks"]
PREFER = OpenApiParameter("Prefer", str, "header", description="`respond-async`: answer 202 with a job.")
ONE_OR_MANY = {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}


class EventStream(BaseRenderer):
    """Only says that a view can answer so; such an answer is not rendered."""

    media_type = "text/event-stream"
    format = "events"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        """An error before the first event, which comes as JSON."""
        return bytes(JSONRenderer().render(data, accepted_media_type, renderer_context))


class Texts(serializers.JSONField):
    """A text, or a list of texts."""


class UsageOut(serializers.Serializer[Any]):
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost_usd = serializers.CharField()
    llm_calls = serializers.IntegerField()
    api_calls = serializers.IntegerField()
    files = serializers.IntegerField()
    steps = serializers.IntegerField()


class TaskOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="The reservation's.")
    warnings = serializers.ListField(child=serializers.CharField())
    usage = UsageOut()


class TaskView(ApiView):
    """A route that does one task's work."""

    renderer_classes = (JSONRenderer, EventStream)
    task: Task

    def work(self, request: Request, content: dict[str, Any]) -> HttpResponseBase:
        """Answer as the request prefers. Raises what the gateway raises."""
        call = call_of(request, self.task, content)
        if "respond-async" in [part.strip() for part in request.headers.get("prefer", "").split(",")]:
            return start_job(request, self.task, content)
        if getattr(request, "accepted_media_type", "") == EventStream.media_type:
            return answer_in_events(request, call)
        return answer_whole(request, call)


class PriorArt(TaskView):
    task = Task.PRIOR_ART

    class Input(StrictInput):
        query = serializers.CharField(
            required=False, help_text="One of four: what is looked for in a few words,"
        )
        abstract = serializers.CharField(required=False, help_text="an abstract,")
        claims = Texts(required=False, help_text="claims, as one text or a list,")
        disclosure = serializers.CharField(required=False, help_text="or a full disclosure.")
        date_from = serializers.CharField(required=False, help_text="A date such as 2020-01-31.")
        date_to = serializers.CharField(required=False)
        cpc = serializers.ListField(required=False, help_text="CPC symbols such as `H01L23/34`.")
        sources = serializers.ListField(
            required=False, help_text="`openalex`, `uspto`; by default all of the plan."
        )
        top_k = serializers.IntegerField(required=False, help_text="So many results, at most.")

    class Output(TaskOut):
        elements = serializers.ListField(child=serializers.DictField())
        queries = serializers.ListField(child=serializers.CharField())
        sources = serializers.DictField(child=serializers.DictField())
        results = serializers.ListField(child=serializers.DictField())
        coverage = serializers.ListField(child=serializers.DictField())

    @extend_schema(request=Input, responses=Output, parameters=[PREFER], tags=TAG)
    def post(self, request: Request) -> HttpResponseBase:
        """Search papers and patents for what an idea's elements have in common with them, with quotes as evidence."""
        self.valid(self.Input, request.data)
        return self.work(request, dict(request.data))


class Diagrams(TaskView):
    task = Task.DIAGRAM

    class Input(StrictInput):
        description = serializers.CharField(required=False, help_text="What shall be drawn; or")
        claims = Texts(required=False, help_text="claims, as one text or a list.")
        kind = serializers.CharField(required=False, help_text="flowchart, sequence, class, state or block.")
        language = serializers.CharField(required=False, help_text="mermaid (the default) or plantuml.")
        count = serializers.IntegerField(required=False, help_text="So many diagrams.")
        style = serializers.CharField(  # type: ignore[assignment] # Field has a `style` of another sense
            required=False, help_text="default, or patent: black on white, with numerals."
        )

    class Output(TaskOut):
        diagrams = serializers.ListField(child=serializers.DictField())

    @extend_schema(request=Input, responses=Output, parameters=[PREFER], tags=TAG)
    def post(self, request: Request) -> HttpResponseBase:
        """Draw diagrams from a description or claims."""
        self.valid(self.Input, request.data)
        return self.work(request, dict(request.data))

"""The tasks' own routes. `Prefer: respond-async` makes a job of a request, `Accept: text/event-stream` a stream;
`text/markdown` and `text/csv` other forms of a result.

What a field may say is checked by the task's adapter, for a route and a job alike.
"""

from collections.abc import Callable
from operator import itemgetter
from typing import Any

import msgspec
from django.http import HttpResponse, HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from adapters.prior_art.markdown import as_markdown
from adapters.prior_art.table import as_csv
from gateway_project.api.input import StrictInput
from gateway_project.api.tasks.jobs import refuse_key_of_job, start_job
from gateway_project.api.tasks.running import (
    EventStream,
    answer_in_events,
    answer_whole,
    call_of,
    form_wanted,
)
from gateway_project.api.tasks.texts import Texts
from gateway_project.api.views import ApiView
from gateway_project.http.errors import NotAcceptable
from metering.types import Task

TAG = ["tasks"]
OF_CONTENT = ("content-type", "content-length")
PREFER = OpenApiParameter("Prefer", str, "header", description="`respond-async`: answer 202 with a job.")


class TaskUsageOut(serializers.Serializer[Any]):
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
    usage = TaskUsageOut()


class Markdown(EventStream):
    """The same for Markdown."""

    media_type = "text/markdown"
    format = "md"


class Csv(EventStream):
    """The same for CSV."""

    media_type = "text/csv"
    format = "csv"


FORMS: dict[tuple[Task, str], Callable[[dict[str, Any]], str]] = {
    (Task.PRIOR_ART, Markdown.media_type): as_markdown,
    (Task.PRIOR_ART, Csv.media_type): as_csv,
    (Task.DRAFTING, Markdown.media_type): itemgetter("markdown"),
}
"""Other forms of a result than JSON."""


class TaskView(ApiView):
    """A route that does one task's work."""

    renderer_classes = (JSONRenderer, EventStream, Markdown, Csv)
    task: Task

    def work(self, request: Request, content: dict[str, Any]) -> HttpResponseBase:
        """Answer as the request prefers. Raises what the gateway raises."""
        call = call_of(request, self.task, content)
        if prefers_a_job(request.headers.get("prefer", "")):
            accepted = start_job(request, call)
            accepted["preference-applied"] = "respond-async"
            return accepted
        refuse_key_of_job(request, call)
        media_type = form_wanted(request)
        if media_type == EventStream.media_type:
            return answer_in_events(request, call)
        form = form_of(self.task, media_type)
        answer = answer_whole(request, call)
        return answer if form is None else in_form(answer, form, media_type)


def prefers_a_job(prefer: str) -> bool:
    """Whether `respond-async` is among the preferences, in any case and whatever parameters follow it (RFC 7240)."""
    return "respond-async" in [part.partition(";")[0].strip().lower() for part in prefer.split(",")]


def form_of(task: Task, media_type: str) -> Callable[[dict[str, Any]], str] | None:
    """What makes this form of a result; None for JSON. Raises NotAcceptable where the task has no such form."""
    if media_type == JSONRenderer.media_type:
        return None
    form = FORMS.get((task, media_type))
    if form is None:
        raise NotAcceptable(f"The task {task} has no result as {media_type}.")
    return form


def in_form(answer: HttpResponse, form: Callable[[dict[str, Any]], str], media_type: str) -> HttpResponse:
    """The same answer in another form."""
    text = form(msgspec.json.decode(answer.content))
    headers = {name: value for name, value in answer.headers.items() if name.lower() not in OF_CONTENT}
    return HttpResponse(text, content_type=f"{media_type}; charset=utf-8", headers=headers)


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


class DraftOut(serializers.Serializer[Any]):
    draft_id = serializers.UUIDField()
    sections = serializers.ListField(child=serializers.DictField())
    claims = serializers.ListField(child=serializers.DictField())
    findings = serializers.ListField(child=serializers.DictField())
    markdown = serializers.CharField()
    docx_url = serializers.CharField()


class Drafting(TaskView):
    task = Task.DRAFTING

    class Input(StrictInput):
        disclosure = serializers.CharField(required=False, help_text="What was invented.")
        claims = Texts(
            required=False, help_text="Claims that stand as they are; without any they are written."
        )
        drawings = serializers.ListField(required=False, help_text="A sentence for each figure.")
        prior_art = serializers.ListField(
            required=False, help_text="What is known, a text for each document."
        )
        sections = serializers.ListField(
            required=False,
            help_text="title, field, background, summary, drawings, description, claims, abstract; by default all.",
        )
        jurisdiction = serializers.CharField(required=False, help_text="US (the default) or EP.")
        draft_id = serializers.CharField(
            required=False,
            help_text="A draft to go on with: what is missing is written, or just the `sections`, anew.",
        )

    class Output(TaskOut, DraftOut):
        """A draft, and what this request used."""

    @extend_schema(request=Input, responses=Output, parameters=[PREFER], tags=TAG)
    def post(self, request: Request) -> HttpResponseBase:
        """Write a patent application from a disclosure, section by section, with checked claims."""
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

"""Routes that help with the tasks' results and ask no model: each counts as a request, and costs nothing else."""

from dataclasses import asdict
from functools import partial
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from adapters.diagram.rendering.errors import RenderFailed
from adapters.diagram.types import Language, Style
from adapters.drafting.claims import check_claims
from gateway_project import wiring
from gateway_project.api.authentication import principal_of
from gateway_project.api.choice import Choice
from gateway_project.api.input import StrictInput
from gateway_project.api.tasks.running import call_of, let_go_of_database
from gateway_project.api.tasks.texts import Texts
from gateway_project.api.views import ApiView
from gateway_project.http.errors import SourceNotDrawn
from metering.bridge import run_sync
from metering.types import Task

TAG = ["tasks"]
JURISDICTIONS = ("US", "EP")


class FindingOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    severity = serializers.CharField(help_text="error, warning or note.")
    claim = serializers.IntegerField(allow_null=True, help_text="null: the abstract.")
    start = serializers.IntegerField(help_text="Offset in the claim's own text.")
    end = serializers.IntegerField()
    text = serializers.CharField()
    message = serializers.CharField()
    suggestion = serializers.CharField(allow_null=True)


class FindingsOut(serializers.Serializer[Any]):
    findings = FindingOut(many=True)


class ClaimsCheck(ApiView):
    class Input(StrictInput):
        claims = Texts(help_text="One text, or a list of texts.")
        description = serializers.CharField(default="", allow_blank=True)
        abstract = serializers.CharField(  # findings count its characters
            default="", allow_blank=True, trim_whitespace=False
        )
        drawings = serializers.ListField(child=serializers.CharField(), default=list)
        jurisdiction = Choice(choices=JURISDICTIONS, default="US")

    @extend_schema(request=Input, responses=FindingsOut, tags=TAG)
    def post(self, request: Request) -> Response:
        """Check patent claims: numbers, dependencies, antecedents, wording, reference numerals, support."""
        given = self.valid(self.Input, request.data)
        claims = given.pop("claims")
        call = call_of(request, Task.DRAFTING, dict(request.data))
        caller = principal_of(request)
        let_go_of_database()
        work = partial(check_claims, claims, **given)
        found = run_sync(wiring.gateway().work_without_vendor(caller, call, work, name="claim-checker"))
        return Response({"findings": [asdict(finding) for finding in found]})


class RenderDiagram(ApiView):
    class Input(StrictInput):
        language = Choice(choices=[language.value for language in Language])
        source = serializers.CharField(trim_whitespace=False)  # type: ignore[assignment] # Field has a `source` of another sense
        style = Choice(  # type: ignore[assignment] # Field has a `style` of another sense
            choices=[style.value for style in Style], default=Style.DEFAULT.value
        )

    class Output(serializers.Serializer[Any]):
        svg = serializers.CharField()

    @extend_schema(request=Input, responses=Output, tags=TAG)
    def post(self, request: Request) -> Response:
        """Draw the source of a diagram. 422 with the renderer's own words where it cannot be drawn."""
        given = self.valid(self.Input, request.data)
        call = call_of(request, Task.DIAGRAM, dict(request.data))
        caller = principal_of(request)
        let_go_of_database()
        language, style = Language(given["language"]), Style(given["style"])
        try:
            svg = run_sync(
                wiring.gateway().work_without_vendor(
                    caller,
                    call,
                    partial(wiring.draw, language, given["source"], style),
                    name=f"{language}-renderer",
                )
            )
        except RenderFailed as failure:
            raise SourceNotDrawn(str(failure), param="source") from None
        return Response({"svg": svg})

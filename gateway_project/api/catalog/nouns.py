"""/api/catalog/…: lists of the catalog's nouns. They change through the document."""

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.pagination import CodePages
from gateway_project.api.permissions import IsSuperAdmin
from gateway_project.api.query import query_text
from gateway_project.api.schema import paged
from gateway_project.api.views import ApiView
from metering.models import Feature, LLMModel, ModelClass, ModelPrice, Provider, Task

TAG = ["catalog"]
OF_MODEL = OpenApiParameter("model", str, description="Of one model only.")


class FeatureOut(serializers.Serializer[Feature]):
    code = serializers.CharField()
    name = serializers.CharField()


class TaskOut(serializers.Serializer[Task]):
    code = serializers.CharField()
    name = serializers.CharField()
    feature = serializers.CharField(source="feature_id", help_text="What a plan needs for it.")


class ModelClassOut(serializers.Serializer[ModelClass]):
    code = serializers.CharField()
    name = serializers.CharField()
    rank = serializers.IntegerField(help_text="From cheap to dear.")


class ProviderOut(serializers.Serializer[Provider]):
    name = serializers.CharField()
    kind = serializers.CharField()
    base_url = serializers.CharField(source="shown_base_url")
    api_key_env = serializers.CharField(help_text="The variable that holds the key.")
    vendor = serializers.CharField(help_text="Whose known traits it has; empty: by the host of the base URL.")
    traits = serializers.JSONField(help_text="Its own traits over those.")
    markup_percent = serializers.DecimalField(
        max_digits=7, decimal_places=3, help_text="What its calls cost above its prices."
    )
    is_active = serializers.BooleanField()


class ModelOut(serializers.Serializer[LLMModel]):
    name = serializers.CharField()
    aliases = serializers.ListField(child=serializers.CharField())
    provider = serializers.CharField(source="provider_id")
    physical_name = serializers.CharField()
    label = serializers.CharField(  # type: ignore[assignment] # a field of the answer, not of the class
        help_text="What people are shown; empty: its name."
    )
    model_class = serializers.CharField(source="model_class_id")
    context_tokens = serializers.IntegerField()
    max_output_tokens = serializers.IntegerField()
    capabilities = serializers.ListField(child=serializers.CharField())
    traits = serializers.JSONField(help_text="Its own traits over those of its provider.")
    is_active = serializers.BooleanField()


class PriceOut(serializers.Serializer[ModelPrice]):
    """US dollars per million tokens from a moment on."""

    model = serializers.CharField(source="model_id")
    effective_from = serializers.DateTimeField()
    input = serializers.DecimalField(max_digits=18, decimal_places=6)
    output = serializers.DecimalField(max_digits=18, decimal_places=6)
    cached_input = serializers.DecimalField(max_digits=18, decimal_places=6)
    cache_write = serializers.DecimalField(max_digits=18, decimal_places=6)
    cache_write_1h = serializers.DecimalField(max_digits=18, decimal_places=6, allow_null=True)
    cache_write_12h = serializers.DecimalField(max_digits=18, decimal_places=6, allow_null=True)
    reasoning = serializers.DecimalField(
        max_digits=18, decimal_places=6, allow_null=True, help_text="null: as output."
    )
    modifiers = serializers.JSONField(help_text="What moves the price besides tokens; see docs/prices.md.")
    is_listed = serializers.BooleanField(help_text="Taken from the price list; any other is a person's.")


class _Nouns(ApiView):
    permission_classes = [IsSuperAdmin]
    pages = CodePages


class Features(_Nouns):
    @paged(FeatureOut, tags=TAG, of_tenants=False)
    def get(self, request: Request) -> Response:
        """What plans contain."""
        return self.page(Feature.objects.all(), FeatureOut)


class Tasks(_Nouns):
    @paged(TaskOut, tags=TAG, of_tenants=False)
    def get(self, request: Request) -> Response:
        """The kinds of work."""
        return self.page(Task.objects.all(), TaskOut)


class ModelClasses(_Nouns):
    @paged(ModelClassOut, tags=TAG, of_tenants=False)
    def get(self, request: Request) -> Response:
        """The classes of models."""
        return self.page(ModelClass.objects.all(), ModelClassOut)


class Providers(_Nouns):
    @paged(ProviderOut, tags=TAG, of_tenants=False)
    def get(self, request: Request) -> Response:
        """Vendors, without their keys."""
        return self.page(Provider.objects.all(), ProviderOut)


class Models(_Nouns):
    @paged(ModelOut, tags=TAG, of_tenants=False)
    def get(self, request: Request) -> Response:
        """Models."""
        return self.page(LLMModel.objects.all(), ModelOut)


class Prices(ApiView):
    permission_classes = [IsSuperAdmin]

    @paged(PriceOut, OF_MODEL, tags=TAG, of_tenants=False)
    def get(self, request: Request) -> Response:
        """Prices, the last one entered first: past ones, the one in force, and those to come."""
        prices = ModelPrice.objects.all()
        if model := query_text(request, "model", max_length=128):
            prices = prices.filter(model=model)
        return self.page(prices, PriceOut)

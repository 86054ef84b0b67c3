"""What drf-spectacular cannot see by itself."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework.fields import URLField
from rest_framework.serializers import Serializer

from gateway_project.api.authentication import BearerAuthentication
from gateway_project.api.input import StrictInput
from gateway_project.api.query import asks

F = TypeVar("F", bound=Callable[..., Any])


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document names it."""

    target_class = BearerAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "An access token from `/api/auth/token`, or an ATI token.",
        }


class ClosedObject(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """What the API takes has no other fields than those that the document names."""

    target_class = StrictInput
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        schema: dict[str, Any] = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return {**schema, "additionalProperties": False} if direction == "request" else schema


class Schema(AutoSchema):
    """Serializers nested in a view are called after both: `SignIn.Input` is SignInInput.

    Operations are called after view and method, so that no two have one name: `one_token_patch`.
    """

    def get_operation_id(self) -> str:
        view = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(self.view).__name__).lower()
        return f"{view}_{self.method.lower()}"

    def get_summary(self) -> str:
        """The first sentence of the description."""
        return self.get_description().partition(".")[0]

    def get_serializer_name(self, serializer: Any, direction: str) -> str:
        return type(serializer).__qualname__.replace(".", "")


CURSOR = OpenApiParameter("cursor", str, description="From `next` or `previous` of another page.")
LIMIT = OpenApiParameter("limit", int, description="Rows in a page, up to 200; 50 by default.")
TENANT = OpenApiParameter("tenant", str, description="For super admins: only this tenant's rows, by slug.")


def paged(
    serializer: type[Serializer[Any]], *more: OpenApiParameter, tags: list[str], of_tenants: bool = True
) -> Callable[[F], F]:
    """For a handler that answers with `ApiView.page`: the page around the rows, and how to ask for the next one.

    `more` are its other query parameters. Rows that no tenant has (`of_tenants=False`) are not asked for by tenant.
    """
    parameters = (*more, CURSOR, LIMIT, *((TENANT,) if of_tenants else ()))
    return asks(*parameters, responses=page_of(serializer), tags=tags)


@lru_cache
def page_of(serializer: type[Serializer[Any]]) -> Serializer[Any]:
    """A page of these rows, as the document shows it."""
    name = serializer.__qualname__.replace(".", "").removesuffix("Out")
    fields = {
        "next": URLField(allow_null=True),
        "previous": URLField(allow_null=True),
        "results": serializer(many=True),
    }
    return inline_serializer(f"{name}Page", fields)


def add_errors(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A hook of drf-spectacular: every operation may answer with the one shape of an error (CONTRACTS)."""
    text, nothing = {"type": "string"}, {"type": "string", "nullable": True}
    error = {
        "type": "object",
        "required": ["type", "code", "message", "param", "request_id"],
        "properties": {
            "type": text,
            "code": {**text, "description": "Stable, such as `not_found`."},
            "message": {**text, "description": "For the person who reads it."},
            "param": {**nothing, "description": "The field at fault."},
            "request_id": text,
            "usage": {
                "type": "object",
                "additionalProperties": True,
                "description": "The limit that was hit.",
            },
            "reset_at": {**nothing, "format": "date-time"},
        },
    }
    result["components"]["schemas"]["Error"] = {
        "type": "object",
        "required": ["error"],
        "properties": {"error": error},
    }
    answer = {
        "description": "A refusal.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"]["default"] = answer
    return result

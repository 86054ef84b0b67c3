"""What drf-spectacular cannot see by itself. Imported by urls.py, which registers it."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension

from gateway_project.api.authentication import BearerAuthentication


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

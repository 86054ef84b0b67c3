"""Settings of Django REST Framework, of its OpenAPI document, and of the throttle on signing in."""

from datetime import timedelta
from typing import Any

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["gateway_project.api.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["gateway_project.api.permissions.IsCaller"],
    "DEFAULT_PARSER_CLASSES": ["gateway_project.api.json_body.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "gateway_project.api.pagination.CursorPages",
    "DEFAULT_SCHEMA_CLASS": "gateway_project.api.schema.Schema",
    "EXCEPTION_HANDLER": "gateway_project.api.errors.handle",
    "DEFAULT_METADATA_CLASS": None,  # OPTIONS tells nothing: the document is at /api/schema
    "UNAUTHENTICATED_USER": None,
    "NUM_PROXIES": 0,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "LLM Service Gateway",
    "DESCRIPTION": "Metered, budgeted, explainable access to LLM vendors for many tenants.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    # From the sidecar package, so that the page works without the internet.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": r"/api",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "gateway_project.api.schema.add_errors",
    ],
    "ENUM_NAME_OVERRIDES": {
        "ActivityStatusEnum": "gateway_project.api.activity.rows.STATUSES",
        "TenantStatusEnum": "metering.models.Tenant.Status",
        "EnforcementModeEnum": "metering.types.MODES",
        "RoleEnum": "metering.models.User.Role",
        "TenantRoleEnum": "gateway_project.api.identity.users.TENANT_ROLES",
        "QuotaRequestStateEnum": "gateway_project.api.quota.requests.STATES",
        "DeliveryStateEnum": "gateway_project.api.webhooks.deliveries.STATES",
        "ChannelKindEnum": "metering.models.WebhookEndpoint.Kind",
    },
}

# Guessing passwords, in the API and in the console: after five wrong ones in a quarter of an hour, the right one is
# refused too, for this address and account: nobody can lock somebody else out. How many a whole address may get wrong,
# of all accounts together, says lockout.py.
AXES_HANDLER = "gateway_project.lockout.LockoutHandler"
AXES_LOCKOUT_CALLABLE = "gateway_project.lockout.locked_page"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_USERNAME_FORM_FIELD = "username"  # as Django's authenticate() names it
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "gateway_project.http.request_headers.address_for_throttle"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # the quarter of an hour is one
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = [
    "username",
    "ip_address",
    "token",
    "refresh",
    "ati_token",
    "code",
    "state",
]  # kept nowhere in plain words
# How a reset password lets its person in again; metering itself knows no lockout.
LOCKOUT_RESET = "axes.utils.reset"

"""The client of the LLM Service Gateway. Public is what this module names, and what the modules named here say of it.

Nothing heavy is loaded before it is used: the SDK, the HTTP client, the tokenizer and the terminal's libraries come
with the first call that needs them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway_client.api import GatewayApi
    from gateway_client.credentials.credential import Credential
    from gateway_client.credentials.store import CredentialStore
    from gateway_client.errors import (
        AuthenticationError,
        BudgetExceededError,
        BudgetReservedError,
        ConcurrencyExceededError,
        ConfigurationError,
        GatewayError,
        GatewayUnavailableError,
        InvalidRequestError,
        LimitUsage,
        ModelNotAllowedError,
        NotPermittedError,
        RateLimitedError,
    )
    from gateway_client.retries import RetryPolicy
    from gateway_client.session import FixedToken, Session
    from gateway_client.settings import Settings, load_settings
    from gateway_client.workspace import Workspace, find_workspace

__version__ = "0.1.0"
__all__ = [
    "AuthenticationError",
    "BudgetExceededError",
    "BudgetReservedError",
    "ConcurrencyExceededError",
    "ConfigurationError",
    "Credential",
    "CredentialStore",
    "FixedToken",
    "GatewayApi",
    "GatewayError",
    "GatewayUnavailableError",
    "InvalidRequestError",
    "LimitUsage",
    "ModelNotAllowedError",
    "NotPermittedError",
    "RateLimitedError",
    "RetryPolicy",
    "Session",
    "Settings",
    "Workspace",
    "find_workspace",
    "load_settings",
]

_HOME_OF = {
    "AuthenticationError": "errors",
    "BudgetExceededError": "errors",
    "BudgetReservedError": "errors",
    "ConcurrencyExceededError": "errors",
    "ConfigurationError": "errors",
    "Credential": "credentials.credential",
    "CredentialStore": "credentials.store",
    "FixedToken": "session",
    "GatewayApi": "api",
    "GatewayError": "errors",
    "GatewayUnavailableError": "errors",
    "InvalidRequestError": "errors",
    "LimitUsage": "errors",
    "ModelNotAllowedError": "errors",
    "NotPermittedError": "errors",
    "RateLimitedError": "errors",
    "RetryPolicy": "retries",
    "Session": "session",
    "Settings": "settings",
    "Workspace": "workspace",
    "find_workspace": "workspace",
    "load_settings": "settings",
}
"""The module of each public name."""


def __getattr__(name: str) -> Any:
    """Loads a public name's module when the name is first used (PEP 562)."""
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

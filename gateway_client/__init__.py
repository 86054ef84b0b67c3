"""The client of the LLM Service Gateway. Public is what this module names, and what the modules named here say of it.

Nothing heavy is loaded before it is used: the SDK, the HTTP client, the tokenizer and the terminal's libraries come
with the first call that needs them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway_client.api import GatewayApi
    from gateway_client.budget import (
        AsyncBudgetMonitor,
        BudgetMonitor,
        BudgetStatus,
    )
    from gateway_client.client import AsyncGatewayClient, GatewayClient
    from gateway_client.credentials.credential import Credential
    from gateway_client.credentials.store import CredentialStore
    from gateway_client.direct import (
        AsyncDirectLLMProvider,
        DirectConfig,
        DirectLLMProvider,
    )
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
    from gateway_client.factory import (
        ProviderFactory,
        Team,
        WorkspaceTeamDetector,
    )
    from gateway_client.models import (
        Model,
        ModelList,
        ModelPrice,
    )
    from gateway_client.parallel import AsyncParallelRunner, ParallelRunner
    from gateway_client.provider import AsyncLLMProvider, LLMProvider
    from gateway_client.proxied import (
        AsyncProxiedLLMProvider,
        ProxiedLLMProvider,
        ProxyConfig,
    )
    from gateway_client.retries import RetryPolicy
    from gateway_client.session import FixedToken, Session
    from gateway_client.settings import Settings, load_settings
    from gateway_client.values import (
        ChatChunk,
        ChatResponse,
        Tool,
        ToolCall,
        Usage,
    )
    from gateway_client.workspace import Workspace, find_workspace

__version__ = "0.1.0"
__all__ = [
    "AsyncBudgetMonitor",
    "AsyncDirectLLMProvider",
    "AsyncGatewayClient",
    "AsyncLLMProvider",
    "AsyncParallelRunner",
    "AsyncProxiedLLMProvider",
    "AuthenticationError",
    "BudgetExceededError",
    "BudgetMonitor",
    "BudgetReservedError",
    "BudgetStatus",
    "ChatChunk",
    "ChatResponse",
    "ConcurrencyExceededError",
    "ConfigurationError",
    "Credential",
    "CredentialStore",
    "DirectConfig",
    "DirectLLMProvider",
    "FixedToken",
    "GatewayApi",
    "GatewayClient",
    "GatewayError",
    "GatewayUnavailableError",
    "InvalidRequestError",
    "LLMProvider",
    "LimitUsage",
    "Model",
    "ModelList",
    "ModelNotAllowedError",
    "ModelPrice",
    "NotPermittedError",
    "ParallelRunner",
    "ProviderFactory",
    "ProxiedLLMProvider",
    "ProxyConfig",
    "RateLimitedError",
    "RetryPolicy",
    "Session",
    "Settings",
    "Team",
    "Tool",
    "ToolCall",
    "Usage",
    "Workspace",
    "WorkspaceTeamDetector",
    "find_workspace",
    "load_settings",
]

_HOME_OF = {
    "AsyncBudgetMonitor": "budget",
    "AsyncDirectLLMProvider": "direct",
    "AsyncGatewayClient": "client",
    "AsyncLLMProvider": "provider",
    "AsyncParallelRunner": "parallel",
    "AsyncProxiedLLMProvider": "proxied",
    "AuthenticationError": "errors",
    "BudgetExceededError": "errors",
    "BudgetMonitor": "budget",
    "BudgetReservedError": "errors",
    "BudgetStatus": "budget",
    "ChatChunk": "values",
    "ChatResponse": "values",
    "ConcurrencyExceededError": "errors",
    "ConfigurationError": "errors",
    "Credential": "credentials.credential",
    "CredentialStore": "credentials.store",
    "DirectConfig": "direct",
    "DirectLLMProvider": "direct",
    "FixedToken": "session",
    "GatewayApi": "api",
    "GatewayClient": "client",
    "GatewayError": "errors",
    "GatewayUnavailableError": "errors",
    "InvalidRequestError": "errors",
    "LLMProvider": "provider",
    "LimitUsage": "errors",
    "Model": "models",
    "ModelList": "models",
    "ModelNotAllowedError": "errors",
    "ModelPrice": "models",
    "NotPermittedError": "errors",
    "ParallelRunner": "parallel",
    "ProviderFactory": "factory",
    "ProxiedLLMProvider": "proxied",
    "ProxyConfig": "proxied",
    "RateLimitedError": "errors",
    "RetryPolicy": "retries",
    "Session": "session",
    "Settings": "settings",
    "Team": "factory",
    "Tool": "values",
    "ToolCall": "values",
    "Usage": "values",
    "Workspace": "workspace",
    "WorkspaceTeamDetector": "factory",
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

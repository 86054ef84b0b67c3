"""Direct mode: a vendor itself is asked, with the person's own key. Public: DirectLLMProvider, AsyncDirectLLMProvider.

The vendors speak chat completions, Anthropic at its compatible address. A key goes only to the vendor, or the URL, that
it was set for: the address in a workspace's file may be anybody's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from gateway_client.connection import Connection
from gateway_client.credentials.credential import normal_url
from gateway_client.errors import ConfigurationError
from gateway_client.openai_surface import OpenAISurface
from gateway_client.provider import AsyncLLMProvider, LLMProvider
from gateway_client.retries import WITHOUT_KEYS, RetryPolicy
from gateway_client.session import FixedToken
from gateway_client.variables import variable


@dataclass(frozen=True, slots=True)
class Vendor:
    """Where a vendor is, which variable has its key, and how it calls the most tokens of an answer."""

    url: str
    key_variable: str
    limit_name: str = "max_tokens"


VENDORS = {
    "deepseek": Vendor("https://api.deepseek.com", "DEEPSEEK_API_KEY"),
    "anthropic": Vendor("https://api.anthropic.com/v1", "ANTHROPIC_API_KEY"),
    "openai": Vendor("https://api.openai.com/v1", "OPENAI_API_KEY", "max_completion_tokens"),
}
NO_KEY = "none"
"""What a server without keys, such as a local one, is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectConfig:
    """Which vendor, with which key, and what to ask for where a call does not say."""

    provider: str
    """`deepseek`, `anthropic`, `openai`, or an OpenAI-compatible URL, with its `/v1` if it has one."""
    api_key: str | None = field(default=None, repr=False)
    model: str = ""
    temperature: float | None = None
    max_tokens: int | None = None
    timeout_s: float | None = None
    """How long an answer, or the next piece of a stream, may take to come. None: ten minutes."""
    policy: RetryPolicy = WITHOUT_KEYS


def own_key(provider: str, environ: Mapping[str, str]) -> str | None:
    """The key that was set for this vendor, or beside this very URL (`LLM_BASE_URL`, `LLM_API_KEY`)."""
    if provider in VENDORS:
        return variable(environ, VENDORS[provider].key_variable)
    beside = variable(environ, "LLM_BASE_URL")
    is_its = beside is not None and normal_url(beside) == normal_url(provider)
    return variable(environ, "LLM_API_KEY") if is_its else None


def connection_of(config: DirectConfig) -> Connection:
    """To the vendor. Raises ConfigurationError for one that is not known, and where its key is missing."""
    vendor = VENDORS.get(config.provider)
    if vendor is None:
        url = urlsplit(config.provider)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise ConfigurationError(f"Unsupported provider: {config.provider}", param="provider")
        vendor = Vendor(config.provider.rstrip("/"), "")
    elif not config.api_key:
        raise ConfigurationError(
            f"{config.provider} needs your own key: set {vendor.key_variable}, or sign in at your team's gateway."
        )
    return Connection(
        mode="direct",
        base_url=vendor.url,
        prefix="",
        source=FixedToken(config.api_key or NO_KEY),
        surface=OpenAISurface(limit_name=vendor.limit_name),
        model=config.model,
        temperature=config.temperature,
        max_tokens=config.max_tokens,
        timeout_s=config.timeout_s,
        policy=config.policy,
    )


class DirectLLMProvider(LLMProvider):
    """Chats with a vendor. Costs are not known in this mode. Safe to use from several threads."""

    def __init__(self, config: DirectConfig) -> None:
        super().__init__(connection_of(config))


class AsyncDirectLLMProvider(AsyncLLMProvider):
    """The same on an event loop."""

    def __init__(self, config: DirectConfig) -> None:
        super().__init__(connection_of(config))

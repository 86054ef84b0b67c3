"""The kinds of vendors: a new one is its own file and one line here."""

from collections.abc import Callable

from msgspec import Struct

from providers.anthropic.provider import AnthropicProvider
from providers.gemini.provider import GeminiProvider
from providers.keys import Keys
from providers.openai_compatible.provider import OpenAICompatibleProvider
from providers.port import LLMProvider
from providers.sandbox.provider import SandboxProvider


class ProviderConfig(Struct, frozen=True, kw_only=True):
    """How to reach one endpoint."""

    name: str
    kind: str
    base_url: str = ""
    api_keys: tuple[str, ...] = ()
    """Used in turn; none: requests carry no key."""
    vendor: str = ""
    """Whose known traits it has; empty: by the host of the base URL."""
    traits: str = "{}"
    """Its own traits over those, as JSON."""

    def __repr__(self) -> str:
        return f"ProviderConfig(name={self.name!r}, kind={self.kind!r}, base_url={self.base_url!r})"


FACTORIES: dict[str, Callable[[ProviderConfig, Keys], LLMProvider]] = {
    "openai_compatible": lambda config, keys: OpenAICompatibleProvider(
        base_url=config.base_url, api_key=keys, vendor=config.vendor, traits=config.traits
    ),
    "anthropic": lambda config, keys: AnthropicProvider(base_url=config.base_url, api_key=keys),
    "gemini": lambda config, keys: GeminiProvider(base_url=config.base_url, api_key=keys),
    "sandbox": lambda config, keys: SandboxProvider(),
}


def make_provider(config: ProviderConfig, keys: Keys | None = None) -> LLMProvider:
    """The endpoint's client; without `keys` nobody shares what it finds out about its own.

    Raises LookupError for a kind that this version does not speak.
    """
    factory = FACTORIES.get(config.kind)
    if factory is None:
        raise LookupError(f"No provider of kind {config.kind!r} is built in; known: {', '.join(FACTORIES)}.")
    return factory(config, keys or Keys(config.api_keys))

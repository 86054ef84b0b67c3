"""The protocols that providers speak, each with its fake vendor: what a caller sees is the same for all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from providers.anthropic.provider import AnthropicProvider
from providers.gemini.provider import GeminiProvider
from providers.openai_compatible.provider import OpenAICompatibleProvider
from providers.openai_compatible.timeouts import Timeouts
from providers.port import LLMProvider
from tests.vendors.anthropic_app import FakeAnthropic
from tests.vendors.gemini_app import FakeGemini
from tests.vendors.openai_app import FakeOpenAI


@dataclass(frozen=True)
class Family:
    """One protocol."""

    name: str
    fake: Callable[[], Any]
    client: Callable[..., LLMProvider]
    model: str
    """The vendor's own name of a model."""
    path: str = ""
    """What the base URL has behind the host."""
    counted: Callable[[dict[str, Any]], tuple[int, int]] = lambda usage: (0, 0)
    """Input and output of what the vendor says it billed."""

    def provider(self, port: int, api_key: str, timeouts: Timeouts) -> LLMProvider:
        return self.client(base_url=f"http://127.0.0.1:{port}{self.path}", api_key=api_key, timeouts=timeouts)


FAMILIES = {
    family.name: family
    for family in (
        Family(
            "openai",
            FakeOpenAI,
            OpenAICompatibleProvider,
            "fake-small",
            "/v1",
            lambda usage: (usage["prompt_tokens"], usage["completion_tokens"]),
        ),
        Family(
            "anthropic",
            FakeAnthropic,
            AnthropicProvider,
            "claude-sonnet-5",
            counted=lambda usage: (
                usage["input_tokens"]
                + usage["cache_read_input_tokens"]
                + usage["cache_creation_input_tokens"],
                usage["output_tokens"],
            ),
        ),
        Family(
            "gemini",
            FakeGemini,
            GeminiProvider,
            "gemini-3-pro-preview",
            counted=lambda usage: (
                usage["promptTokenCount"] + usage.get("toolUsePromptTokenCount", 0),
                usage.get("candidatesTokenCount", 0) + usage.get("thoughtsTokenCount", 0),
            ),
        ),
    )
}
TRANSLATED = [name for name in FAMILIES if name != "openai"]

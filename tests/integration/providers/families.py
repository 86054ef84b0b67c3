"""The protocols that providers speak, each with its fake vendor: what a caller sees is the same for all of them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest

from providers.anthropic.provider import AnthropicProvider
from providers.gemini.provider import GeminiProvider
from providers.openai_compatible.provider import OpenAICompatibleProvider
from providers.openai_compatible.timeouts import Timeouts
from providers.port import LLMProvider
from tests.vendors.anthropic_app import FakeAnthropic
from tests.vendors.compatible_app import FakeCompatible
from tests.vendors.dialects import DIALECTS, Dialect
from tests.vendors.gemini_app import FakeGemini
from tests.vendors.openai_app import FakeOpenAI
from tests.vendors.running import Running, running
from tests.vendors.wire_app import case, cases


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
    tools: str = "vendor:case=tools"
    """What makes it call tools."""
    tells_cache: bool = True
    """Whether its figures say what was taken from its cache."""
    shows_charge: bool = True
    """Whether the usage that callers are shown is what is charged; what compatible vendors say passes as it came."""
    says_when: bool = True
    """Whether a 429 says when to come back."""
    recorded: tuple[str, ...] = ()
    """Answers of its own in `fixtures/wire/usage`."""

    def provider(self, port: int, api_key: str, timeouts: Timeouts) -> LLMProvider:
        return self.client(base_url=f"http://127.0.0.1:{port}{self.path}", api_key=api_key, timeouts=timeouts)


def billed(usage: dict[str, Any]) -> tuple[int, int]:
    return usage["prompt_tokens"], usage["completion_tokens"]


def billed_by_xai(usage: dict[str, Any]) -> tuple[int, int]:
    reasoning = usage["completion_tokens_details"]["reasoning_tokens"]
    return usage["prompt_tokens"], usage["completion_tokens"] + reasoning


def recorded_of(vendor: str) -> tuple[str, ...]:
    """The files with both forms of an answer."""
    found = {name: case("usage", name) for name in cases("usage")}
    return tuple(name for name, file in found.items() if file["vendor"] == vendor and file.get("events"))


FAMILIES = {
    family.name: family
    for family in (
        Family(
            "openai",
            FakeOpenAI,
            OpenAICompatibleProvider,
            "fake-small",
            "/v1",
            billed,
            tools="vendor:tool",
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
NAMES_NOTHING_BUT_THE_HOST = ("xai", "glm", "ollama", "vllm")
"""Their base URLs are given without a path, the others' with it."""


def family_of(dialect: Dialect) -> Family:
    """A vendor that speaks OpenAI's protocol in its own way."""
    is_xai = dialect.name == "xai"
    return Family(
        dialect.name,
        partial(FakeCompatible, dialect),
        partial(OpenAICompatibleProvider, vendor=dialect.name),
        dialect.model,
        "" if dialect.name in NAMES_NOTHING_BUT_THE_HOST else dialect.path,
        billed_by_xai if is_xai else billed,
        tools="vendor:tool",
        tells_cache=dialect.name != "ollama",
        shows_charge=not is_xai,
        says_when=dialect.says_when,
        recorded=recorded_of(dialect.name),
    )


VENDORS = {
    "compatible": FAMILIES["openai"],
    **{name: family_of(dialect) for name, dialect in DIALECTS.items()},
    **{name: replace(FAMILIES[name], recorded=recorded_of(name)) for name in ("anthropic", "gemini")},
}
"""Every vendor, for what all of them have to do; the families are the protocols."""
TRANSLATED = {name: family for name, family in FAMILIES.items() if name != "openai"}


def fake_of_each(families: Mapping[str, Family]) -> Any:
    """A module's fixture `_running`: each family beside its running fake, which `family` and `fake` take apart."""

    @pytest.fixture(scope="module", params=families)
    def running_one(request: pytest.FixtureRequest) -> Iterator[tuple[Family, Running[Any]]]:
        family = families[request.param]
        with running(family.fake()) as vendor:
            yield family, vendor

    return running_one

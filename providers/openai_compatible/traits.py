"""What OpenAI-compatible vendors want different: known by vendor, overridden by the catalog, learnt from refusals.

The known table is what the vendors document (November 2026).
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from providers.openai_compatible.authorization import BEARER, ZHIPU_JWT
from providers.openai_compatible.hints import CACHE_MARK, USER

LIMIT_NAMES = ("max_tokens", "max_completion_tokens")
THOUGHTS = frozenset({"reasoning_content", "reasoning", "reasoning_details", "thinking_blocks"})
"""Fields of an assistant's message that hold what a model thought, by the names that vendors have for them."""
FAILED = ""
"""Stands for a finish reason with which a vendor says that it could not go on."""
MAX_MODELS = 1_000
"""Of which something is remembered; beyond that it is learnt again."""


class Traits(Struct, frozen=True, kw_only=True):
    """How a request to one model has to look."""

    limit_names: tuple[str, ...] = LIMIT_NAMES
    """Names of the output limit that the vendor takes, the preferred one first."""
    stream_options: bool = True
    """Whether it takes `stream_options`."""
    service_tier: str = ""
    """The name of the plain tier, sent where the caller names none; empty: none is sent."""
    reasoning: bool | None = None
    """Whether the model may think without showing it; None: known by its name, or by what it says."""
    pictures: str | None = None
    """The model whose picture formula applies; None: its own name."""
    authorization: str = BEARER
    """How the key is sent."""
    path: str = "v1"
    """Of its API, where a base URL names nothing but the host. Servers that are not known nearly all have this one."""
    renamed: Mapping[str, str] = {}
    """Fields of OpenAI's that it knows by another name, and refuses by this one."""
    names_object: bool = True
    """Whether its answers say in `object` what they are, as clients expect."""
    running_usage: bool = False
    """Whether it can report with each chunk how much has been generated, so that a cut stream is charged what came."""
    responses: bool = False
    """Whether it has OpenAI's Responses at `/responses`."""
    finish_reasons: Mapping[str, str] = {}
    """Its own finish reasons → OpenAI's; empty: the vendor says that it failed."""
    error_words: Mapping[str, str] = {}
    """Its own codes of errors → words that are known (`error_body`)."""
    takes_thoughts: bool = True
    """Whether it takes back what a model thought (`echoes`)."""
    strict_messages: bool = False
    """Whether it refuses a message for what else answers say beside their text, even where that is empty."""
    serves_others: bool = False
    """Whether another model may answer than the one that was asked for, at its own price."""
    refused_hints: frozenset[str] = frozenset()
    """Fields that change nothing of what a model says, and for which it refuses a request: they are not sent."""


NO_TRAITS = Traits()
NO_MARKS = frozenset({CACHE_MARK})
KNOWN: dict[str, Traits] = {
    "openai": Traits(
        limit_names=("max_completion_tokens",),
        service_tier="default",
        responses=True,
        refused_hints=NO_MARKS,
    ),
    "xai": Traits(limit_names=("max_completion_tokens",), responses=True, refused_hints=NO_MARKS),
    "groq": Traits(
        limit_names=("max_completion_tokens", "max_tokens"),
        service_tier="on_demand",
        path="openai/v1",
        takes_thoughts=False,
        strict_messages=True,
        refused_hints=NO_MARKS,
    ),
    "deepseek": Traits(
        limit_names=("max_tokens",),
        path="",
        refused_hints=NO_MARKS,
        finish_reasons={"insufficient_system_resource": FAILED},
    ),
    "mistral": Traits(
        limit_names=("max_tokens",),
        stream_options=False,
        renamed={"seed": "random_seed"},
        takes_thoughts=False,
        strict_messages=True,
        refused_hints=NO_MARKS | {USER},
        finish_reasons={"model_length": "length", "error": FAILED},
        error_words={"invalid_model": "model_not_found", "rate_limited": "rate_limit_exceeded"},
    ),
    "glm": Traits(
        limit_names=("max_tokens",),
        authorization=ZHIPU_JWT,
        path="api/paas/v4",
        names_object=False,
        refused_hints=NO_MARKS,
        finish_reasons={
            "sensitive": "content_filter",
            "model_context_window_exceeded": "length",
            "network_error": FAILED,
        },
        error_words={
            **dict.fromkeys(("1000", "1001", "1002", "1003", "1004"), "invalid_api_key"),
            "1113": "insufficient_quota",
            "1211": "model_not_found",
            "1234": "server_error",
            "1261": "context_length_exceeded",
            "1301": "content_filter",
            **dict.fromkeys(("1302", "1303", "1305"), "rate_limit_exceeded"),
        },
    ),
    "openrouter": Traits(path="api/v1", finish_reasons={"error": FAILED}, serves_others=True),
    "vllm": Traits(running_usage=True),
    "perplexity": Traits(path=""),
}
"""A vendor that is not here has no deviations."""
VENDOR_OF_HOST = {
    "api.openai.com": "openai",
    "api.x.ai": "xai",
    "api.groq.com": "groq",
    "api.deepseek.com": "deepseek",
    "api.mistral.ai": "mistral",
    "open.bigmodel.cn": "glm",
    "api.z.ai": "glm",
    "openrouter.ai": "openrouter",
    "api.perplexity.ai": "perplexity",
}
VENDOR_OF_PORT = {11434: "ollama"}
"""Of servers that anybody may run, by the port that they have unless they are told another one."""
_REASONING_NAME = re.compile(
    r"(?:^|/)(?:o[1-9](?:$|-)|gpt-[5-9](?!.*chat)|gpt-oss|grok-(?:3-mini|4|code)(?!.*non-reasoning)|deepseek-(?:reasoner|r1)"
    r"|gemini-(?:2\.5|[3-9])|qwq|qwen3|magistral|glm-(?:4\.[5-9]|[5-9])|kimi-k2-thinking)",
    re.IGNORECASE,
)
"""Families whose thinking may be billed without being shown, by their documented names."""


def vendor_of(base_url: str) -> str:
    """The vendor whose host or port this is; empty: none that is known."""
    try:
        url = urlsplit(base_url)
        return VENDOR_OF_HOST.get(url.hostname or "") or VENDOR_OF_PORT.get(url.port or 0, "")
    except ValueError:
        return ""


class TraitsOfModels:
    """One endpoint's traits, model by model."""

    def __init__(self, *, vendor: str, base_url: str, declared: str = "{}") -> None:
        """`declared` is what the catalog says of the endpoint, as JSON."""
        known = KNOWN.get(vendor or vendor_of(base_url), Traits())
        self._endpoint = _overridden(known, msgspec.json.decode(declared))
        self._learnt: dict[str, tuple[Mapping[str, Any], Traits]] = {}
        """By model, with what the catalog declared then."""

    def of(self, model: str, declared: Mapping[str, Any]) -> Traits:
        """The traits of a model, of which the catalog says `declared`. What was learnt since counts more."""
        learnt = self._learnt.get(model)
        if learnt is not None and learnt[0] == declared:
            return learnt[1]
        return _overridden(self._endpoint, declared) if declared else self._endpoint

    @property
    def endpoint(self) -> Traits:
        """The traits of the endpoint itself, whatever the model."""
        return self._endpoint

    def learn(self, model: str, declared: Mapping[str, Any], traits: Traits) -> None:
        """Remember what a vendor's refusal has taught."""
        if len(self._learnt) >= MAX_MODELS:
            self._learnt.clear()
        self._learnt[model] = (declared, traits)


def without(traits: Traits, field: str) -> Traits:
    """The traits of a vendor that refuses this field: the output limit goes under its other name."""
    if field == "stream_options":
        return replace(traits, stream_options=False)
    if field == "service_tier":
        return replace(traits, service_tier="")
    if field in THOUGHTS:
        return replace(traits, takes_thoughts=False)
    if field not in LIMIT_NAMES:
        return replace(traits, refused_hints=traits.refused_hints | {field})
    return replace(traits, limit_names=tuple([name for name in LIMIT_NAMES if name != field]))


def may_hide_reasoning(model: str, traits: Traits) -> bool:
    """Whether the model may have generated tokens that a cut answer does not show."""
    return traits.reasoning if traits.reasoning is not None else bool(_REASONING_NAME.search(model))


def _overridden(traits: Traits, declared: Mapping[str, Any]) -> Traits:
    """With what the catalog declares, whose names and types it has checked; others read those about limits and time."""
    changes = {name: value for name, value in declared.items() if name in Traits.__struct_fields__}
    if "limit_names" in changes:
        changes["limit_names"] = tuple(changes["limit_names"])
    return replace(traits, **changes) if changes else traits

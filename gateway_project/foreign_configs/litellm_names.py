"""Which vendor LiteLLM means by a model's name, such as `anthropic/claude-3-5-sonnet` or `gpt-4o-mini`."""

from gateway_project.vendor_catalogs.known import known_vendors
from metering.types import Vendor

PREFIXES = {
    "openai": "openai",
    "anthropic": "anthropic",
    "gemini": "gemini",
    "xai": "xai",
    "groq": "groq",
    "deepseek": "deepseek",
    "mistral": "mistral",
    "openrouter": "openrouter",
    "ollama": "ollama",
    "ollama_chat": "ollama",
    "zai": "glm",
}
"""LiteLLM's prefix → the name of a shipped catalog."""
OWN_SERVERS = {
    "hosted_vllm": Vendor.VLLM,
    "vllm": Vendor.VLLM,
    "litellm_proxy": Vendor.LITELLM,
    "lm_studio": Vendor.OTHER,
    "openai_like": Vendor.OTHER,
    "custom_openai": Vendor.OTHER,
}
"""Servers that speak OpenAI's protocol at an address of one's own."""
KEYS = {"gemini": "GEMINI_API_KEY", "xai": "XAI_API_KEY", "glm": "ZAI_API_KEY"}
"""Where LiteLLM looks for a key that no file names, if not in the vendor's usual variable."""
BEGINNINGS = {
    "gpt-": "openai",
    "o1": "openai",
    "o3": "openai",
    "o4": "openai",
    "chatgpt-": "openai",
    "text-embedding-": "openai",
    "claude-": "anthropic",
}
"""How names begin that need no prefix."""


def split(model: str, provider: str) -> tuple[str, str]:
    """The prefix and the vendor's own name of the model. The prefix is empty where nothing tells whose model it is."""
    if provider:
        return provider, model.removeprefix(f"{provider}/")
    prefix, slash, rest = model.partition("/")
    if slash:
        return prefix, rest
    return vendor_of_name(model), model


def vendor_of_name(model: str) -> str:
    """LiteLLM's prefix of the vendor whose model is called so; empty: nobody knows."""
    for prefix in ("openai", "anthropic"):
        vendor = known_vendors()[PREFIXES[prefix]]
        if model in vendor.models or vendor.called(model):
            return prefix
    return next((prefix for start, prefix in BEGINNINGS.items() if model.startswith(start)), "")

"""Whose endpoint a provider of a foreign file is."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from gateway_project.vendor_catalogs.known import KnownVendor, known_vendors
from metering.types import Vendor

OWN_HOSTS = {"anthropic": "api.anthropic.com", "gemini": "generativelanguage.googleapis.com"}
OLLAMA_PORT = 11434
COMPATIBLE = "openai_compatible"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An address, and what is known of who answers there."""

    base_url: str
    vendor: KnownVendor | None
    vendor_word: str = ""
    """Whose traits it has, where no shipped catalog tells it."""
    is_own_address: bool = True
    """Whether the vendor itself answers there, and not something in front of it or in its place."""

    def provider(self, key_variable: str) -> dict[str, object]:
        """The provider as a catalog has it."""
        vendor = self.vendor
        default = "" if vendor is None or vendor.kind != COMPATIBLE else vendor.base_url
        fields: dict[str, object] = {
            "kind": vendor.kind if vendor else COMPATIBLE,
            "base_url": self.base_url or default,
            "api_key": f"${{{key_variable}}}" if key_variable else "",
            "vendor": (vendor.vendor if vendor else "") or self.vendor_word,
        }
        return {name: value for name, value in fields.items() if value}


def endpoint(name: str, base_url: str) -> Endpoint | None:
    """The endpoint of a provider that is called so. None: it has no address, and nobody is known by its name."""
    by_address = vendor_at(base_url) if base_url else None
    if by_address is not None:
        return Endpoint(base_url=base_url, vendor=by_address)
    by_name = vendor_called(name)
    if by_name is not None:
        own = not base_url or by_name.others is not None
        return Endpoint(base_url=base_url, vendor=by_name, is_own_address=own)
    if not base_url:
        return None
    return Endpoint(base_url=base_url, vendor=None, vendor_word=_word(name), is_own_address=False)


def vendor_called(name: str) -> KnownVendor | None:
    """The vendor that people call so."""
    wanted = name.lower()
    for key, vendor in known_vendors().items():
        if wanted in (key, vendor.provider, *vendor.also):
            return vendor
    return None


def vendor_at(base_url: str) -> KnownVendor | None:
    """The vendor whose own server is there; an Ollama is known by its port."""
    host, port = _server(base_url)
    if port == OLLAMA_PORT:
        return known_vendors()["ollama"]
    for key, vendor in known_vendors().items():
        own = OWN_HOSTS.get(key) or _server(vendor.base_url)[0]
        if host == own and vendor.others is None:
            return vendor
    return None


def _server(url: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(url)
        return (parts.hostname or "").lower(), parts.port
    except ValueError:
        return "", None


def _word(name: str) -> str:
    """A server of one's own that is called as its software."""
    own = {Vendor.VLLM.value, Vendor.LLAMACPP.value, Vendor.LITELLM.value}
    return name.lower() if name.lower() in own else Vendor.OTHER.value
